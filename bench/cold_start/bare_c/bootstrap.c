// The floor: one key from PEM, one RS256 signature by OpenSSL's EVP, and just enough HTTP to take an event and
// to post the answer. It checks nothing else (no claim, no header), so it is no authorizer.
#define _GNU_SOURCE  // strcasestr, memrchr
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGEST 16384
static const char answer[] =
    "{\"principalId\":\"floor\",\"policyDocument\":{\"Version\":\"2012-10-17\",\"Statement\":[{\"Action\":"
    "\"execute-api:Invoke\",\"Effect\":\"Allow\",\"Resource\":[\"*\"]}]}}";

static void give_up(const char *why) {
  fprintf(stderr, "bare_c: %s\n", why);
  exit(1);
}

static int connect_to(const char *address) {
  char host[64] = {0};
  int port = 0;
  if (sscanf(address, "%63[0-9.]:%d", host, &port) != 2) give_up("AWS_LAMBDA_RUNTIME_API is no IPv4 address and port");
  struct sockaddr_in service = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  const int connection = socket(AF_INET, SOCK_STREAM, 0);
  if (inet_pton(AF_INET, host, &service.sin_addr) != 1 ||
      connect(connection, (struct sockaddr *)&service, sizeof service) != 0)
    give_up("no connection");
  return connection;
}

static void say(int connection, const char *text) {
  if (write(connection, text, strlen(text)) != (ssize_t)strlen(text)) give_up("the request was not sent");
}

// Reads one message with a Content-Length into `message`; gives its body.
static const char *hear(int connection, char message[LARGEST]) {
  size_t have = 0;
  for (;;) {
    const ssize_t got = read(connection, message + have, LARGEST - 1 - have);
    if (got <= 0) give_up("the connection ended, or the event is too large");
    have += (size_t)got;
    message[have] = 0;
    const char *body = strstr(message, "\r\n\r\n");
    const char *length = strcasestr(message, "\r\nContent-Length:");
    if (body && length && have >= (size_t)(body + 4 - message) + strtoul(length + 17, NULL, 10)) return body + 4;
  }
}

static size_t base64url_decode(const char *text, size_t size, unsigned char *bytes) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  size_t made = 0;
  unsigned int bits = 0, count = 0;
  for (size_t i = 0; i < size; ++i) {
    const char *at = memchr(alphabet, text[i], 64);
    if (!at) return 0;
    bits = bits << 6 | (unsigned int)(at - alphabet);
    count += 6;
    if (count >= 8) bytes[made++] = (unsigned char)(bits >> (count -= 8));
  }
  return made;
}

static EVP_PKEY *key_in(const char *pem) {
  BIO *text = BIO_new_mem_buf(pem, -1);
  EVP_PKEY *key = PEM_read_bio_PUBKEY(text, NULL, NULL, NULL);
  BIO_free(text);
  return key;
}

static int is_signed(const char *event, EVP_PKEY *key) {
  const char *token = strstr(event, "Bearer ");
  const char *end = token ? strchr(token, '"') : NULL;
  if (!end) return 0;
  token += 7;
  const char *signature = memrchr(token, '.', (size_t)(end - token));
  if (!signature || end - signature > 1024) return 0;
  unsigned char bytes[1024];
  const size_t size = base64url_decode(signature + 1, (size_t)(end - signature - 1), bytes);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  const int good = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
                   EVP_DigestVerify(context, bytes, size, (const unsigned char *)token, (size_t)(signature - token)) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

int main(void) {
  static char message[LARGEST];
  const char *service = getenv("AWS_LAMBDA_RUNTIME_API"), *pem = getenv("PUBLIC_KEY");
  if (!service || !pem) give_up("AWS_LAMBDA_RUNTIME_API and PUBLIC_KEY must be set");
  EVP_PKEY *key = key_in(pem);
  if (!key) give_up("PUBLIC_KEY is no key");
  const int connection = connect_to(service);
  for (;;) {
    say(connection, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: lambda\r\n\r\n");
    const char *event = hear(connection, message);
    const char *id = strcasestr(message, "\r\nLambda-Runtime-Aws-Request-Id: ");
    if (!id) give_up("an event without a request id");
    char post[1024];
    const char *kind = is_signed(event, key) ? "response" : "error";
    const char *body = *kind == 'r' ? answer : "{\"errorMessage\":\"Unauthorized\",\"errorType\":\"Unauthorized\"}";
    snprintf(post, sizeof post,
             "POST /2018-06-01/runtime/invocation/%.36s/%s HTTP/1.1\r\nHost: lambda\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             id + 33, kind, strlen(body), body);
    say(connection, post);
    hear(connection, message);
  }
}
