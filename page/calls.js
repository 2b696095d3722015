// One call of the API, as a browser sees it.

const patience = 35_000;  // longer than an API Gateway lets its functions work
const probePatience = 3_000;

/// @returns the answer, or `{hidden: true, cause}` where the browser shows none
export async function call({method, url, token}) {
  const started = performance.now();
  const sent = {method, url, withToken: Boolean(token)};
  try {
    const headers = token ? {Authorization: `Bearer ${token}`} : {};
    const answer = await fetch(url, {method, headers, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(patience)});
    const body = await answer.text();
    return {
      ...sent,
      status: answer.status,
      statusText: answer.statusText || phrases[answer.status] || '',
      headers: [...answer.headers],
      body,
      requestId: answer.headers.get('x-amzn-RequestId') ?? answer.headers.get('x-request-id'),
      milliseconds: Math.round(performance.now() - started),
    };
  } catch (error) {
    return {...sent, hidden: true, cause: await likelyCause(error, url)};
  }
}

// HTTP/2 has no reason phrase (RFC 9113 §8.3.2).
const phrases = {200: 'OK', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 429: 'Too Many Requests', 500: 'Internal Server Error', 502: 'Bad Gateway', 503: 'Service Unavailable', 504: 'Gateway Timeout'};

// A script is not told why. Whether the server answers at all, it can find out.
async function likelyCause(error, url) {
  const {origin} = new URL(url);
  if (error.name === 'TimeoutError') return `${origin} did not answer within ${patience / 1000} seconds.`;
  if (!navigator.onLine && !isLoopback(url)) return 'This browser is offline.';
  if (!(await answersAtAll(origin))) return `Nothing answers at ${origin}. Is the API running, and is this its address?`;
  if (origin === location.origin) return 'The connection broke while the answer was on its way. Try again.';
  return `${origin} does answer, so this is most likely CORS: the answer, or the preflight before it, came without Access-Control-Allow-Origin for ${location.origin}. ` +
    'The status may well be 401 or 403: answers that API Gateway makes itself carry CORS headers only if its gateway responses are given them.';
}

const isLoopback = (url) => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname);

async function answersAtAll(origin) {
  try {
    await fetch(`${origin}/`, {mode: 'no-cors', cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(probePatience)});
    return true;
  } catch {
    return false;
  }
}
