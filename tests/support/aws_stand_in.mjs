// As much of S3, STS and CloudFormation as a deployment by the AWS CLI needs, on loopback. Signatures are not checked.
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:http';
import {isDeepStrictEqual} from 'node:util';

export const account = '111122223333';
const escape = (text) => String(text).replace(/[&<>]/g, (c) => ({'&': '&amp;', '<': '&lt;', '>': '&gt;'})[c]);
const xml = (name, body) => `<${name}>${body}</${name}>`;
const member = (items) => items.map((item) => xml('member', item)).join('');
const fields = (object) => Object.entries(object).map(([name, value]) => xml(name, escape(value))).join('');

/** A refusal of the service: thrown by handlers, sent as the service's own XML. */
export class Refusal extends Error {
  constructor(status, code, message = code) {
    super(message);
    Object.assign(this, {status, code});
  }
}

export class AwsStandIn {
  buckets = new Map();  // name → {owner, region, tags, encrypted, closed, objects: Map}
  stacks = new Map();   // name → {status, parameters, template, change, events}
  requests = [];        // "PutObject portcullis/lambda-….zip"
  bodies = [];          // of form posts, to search
  refuse = new Map();   // operation → Refusal
  pause = new Map();    // operation → promise to wait for before it is carried out
  failing;              // the events of a deployment that fails

  async start() {
    this.server = createServer((request, response) => this.#take(request, response)).listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }
  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }
  made(operation) {
    return this.requests.filter((line) => line.split(' ')[0] === operation);
  }

  async #take(request, response) {
    try {
      const chunks = [];
      request.on('error', () => {});
      for await (const chunk of request) chunks.push(chunk);
      const body = Buffer.concat(chunks);
      const url = new URL(request.url, this.url);
      const [operation, subject, handle] = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
        ? this.#query(new URLSearchParams(body.toString())) : this.#s3(request, url, body);
      this.requests.push(`${operation} ${subject}`);
      await this.pause.get(operation);
      if (request.socket.destroyed) return;  // whoever asked is gone: nothing happens
      if (this.refuse.has(operation)) throw this.refuse.get(operation);
      this.#send(response, 200, handle() ?? '');
    } catch (error) {
      if (!(error instanceof Refusal)) return response.destroy();
      const {status, code, message} = error;
      const detail = fields({Code: code, Message: message});
      this.#send(response, status, request.method === 'HEAD' ? '' : request.headers['content-type']?.includes('form')
        ? xml('ErrorResponse', xml('Error', detail)) : xml('Error', detail));
    }
  }
  #send(response, status, body) {
    response.writeHead(status, {'Content-Type': 'text/xml', 'Content-Length': Buffer.byteLength(body)}).end(body);
  }

  // S3, path style.

  #bucket(name) {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new Refusal(404, 'NoSuchBucket');
    if (bucket.owner !== account) throw new Refusal(403, 'AccessDenied', 'Access Denied');
    return bucket;
  }

  #s3({method, headers}, url, body) {
    const [, name, ...rest] = decodeURIComponent(url.pathname).split('/');
    const key = rest.join('/');
    const sub = ['publicAccessBlock', 'encryption', 'tagging', 'list-type'].find((word) => url.searchParams.has(word)) ?? '';
    const operations = key
      ? {HEAD: ['HeadObject', () => this.#head(name, key)], PUT: ['PutObject', () => this.#put(name, key, headers, body)],
        DELETE: ['DeleteObject', () => void this.#bucket(name).objects.delete(key)]}
      : {HEAD: ['HeadBucket', () => void this.#bucket(name)], PUT: this.#putBucket(name, sub, body.toString()),
        GET: sub === 'tagging' ? ['GetBucketTagging', () => this.#tags(name)] : ['ListObjects', () => this.#list(name, url.searchParams.get('prefix'))],
        DELETE: ['DeleteBucket', () => this.#deleteBucket(name)]};
    const [operation, handle] = operations[method] ?? [`${method} ${url.pathname}`, () => { throw new Refusal(501, 'NotImplemented'); }];
    return [operation, key ? `${name} ${key}` : name, handle];
  }
  #putBucket(name, sub, body) {
    return {
      '': ['CreateBucket', () => {
        if (this.buckets.has(name)) throw new Refusal(409, this.buckets.get(name).owner === account ? 'BucketAlreadyOwnedByYou' : 'BucketAlreadyExists');
        const [, region = 'us-east-1'] = /<LocationConstraint>([^<]*)</.exec(body) ?? [];
        this.buckets.set(name, {owner: account, region, objects: new Map()});
      }],
      publicAccessBlock: ['PutPublicAccessBlock', () => { this.#bucket(name).closed = body.match(/>true</g)?.length === 4; }],
      encryption: ['PutBucketEncryption', () => { this.#bucket(name).encrypted = body.includes('AES256'); }],
      tagging: ['PutBucketTagging', () => { this.#bucket(name).tags = /<Key>([^<]*)<\/Key><Value>([^<]*)/.exec(body).slice(1); }],
    }[sub];
  }
  #tags(name) {
    const {tags} = this.#bucket(name);
    if (!tags) throw new Refusal(404, 'NoSuchTagSet');
    return xml('Tagging', xml('TagSet', xml('Tag', fields({Key: tags[0], Value: tags[1]}))));
  }
  #list(name, prefix) {
    const found = [...this.#bucket(name).objects.keys()].filter((key) => key.startsWith(prefix ?? ''));
    return xml('ListBucketResult', fields({Name: name, IsTruncated: false, KeyCount: found.length}) +
      found.map((key) => xml('Contents', fields({Key: key, Size: 1, LastModified: '2026-01-02T03:04:05.000Z'}))).join(''));
  }
  #deleteBucket(name) {
    if (this.#bucket(name).objects.size) throw new Refusal(409, 'BucketNotEmpty');
    this.buckets.delete(name);
  }
  #head(name, key) {
    if (!this.#bucket(name).objects.has(key)) throw new Refusal(404, 'NoSuchKey');
  }
  #put(name, key, headers, body) {
    const sum = createHash('sha256').update(body).digest('base64');
    if (headers['x-amz-checksum-sha256'] !== sum || Number(headers['content-length']) !== body.length) throw new Refusal(400, 'BadDigest');
    this.#bucket(name).objects.set(key, body);
  }

  // STS and CloudFormation: the query protocol.

  #query(form) {
    this.bodies.push(form.toString());
    const action = form.get('Action');
    const name = form.get('StackName') ?? '';
    const handlers = {
      GetCallerIdentity: () => fields({Account: account, Arn: `arn:aws:iam::${account}:user/somebody`, UserId: 'U'}),
      DescribeStacks: () => this.#describe(name), DescribeStackEvents: () => this.#events(name),
      CreateChangeSet: () => this.#change(name, form), DescribeChangeSet: () => this.#describeChange(name),
      ExecuteChangeSet: () => this.#execute(name), GetTemplateSummary: () => this.#summary(name), DeleteStack: () => this.#deleteStack(name),
    };
    const handle = handlers[action] ?? (() => { throw new Refusal(400, 'InvalidAction'); });
    return [action, name, () => xml(`${action}Response`, xml(`${action}Result`, handle() ?? ''))];
  }
  #stack(name) {
    const found = this.stacks.get(name.split('/')[1] ?? name);
    if (!found) throw new Refusal(400, 'ValidationError', `Stack with id ${name} does not exist`);
    return found;
  }
  #describe(name) {
    const {status, parameters = {}, outputs = {}} = this.#stack(name);
    return xml('Stacks', member([fields({StackName: name, StackId: `stack/${name}`, StackStatus: status, CreationTime: '2026-01-02T03:04:05Z'}) +
      xml('Parameters', member(Object.entries(parameters).map(([key, value]) => fields({ParameterKey: key, ParameterValue: value})))) +
      xml('Outputs', member(Object.entries(outputs).map(([key, value]) => fields({OutputKey: key, OutputValue: value}))))]));
  }
  #change(name, form) {
    const parameters = {};
    for (let i = 1; form.has(`Parameters.member.${i}.ParameterKey`); ++i) {
      const key = form.get(`Parameters.member.${i}.ParameterKey`);
      const value = form.get(`Parameters.member.${i}.UsePreviousValue`) === 'true' ? this.stacks.get(name)?.parameters?.[key] : form.get(`Parameters.member.${i}.ParameterValue`);
      if (value !== undefined) parameters[key] = value;
    }
    if (!this.stacks.has(name)) this.stacks.set(name, {status: 'REVIEW_IN_PROGRESS', events: []});
    const change = {parameters, template: form.get('TemplateBody')};
    const stack = this.#stack(name);
    stack.empty = stack.template === change.template && isDeepStrictEqual(stack.parameters, parameters);
    stack.change = change;
    return fields({Id: `change/${name}`, StackId: `stack/${name}`});
  }
  #summary(name) {
    const [, block] = /^Parameters:\n((?:(?: .*)?\n)+)/m.exec(this.#stack(name).template);
    return xml('Parameters', member([...block.matchAll(/^ {2}(\w+):/gm)].map(([, key]) => fields({ParameterKey: key}))));
  }
  #describeChange(name) {
    const {empty} = this.#stack(name);
    return fields({ChangeSetName: 'c', StackName: name, Status: empty || this.refusedChange ? 'FAILED' : 'CREATE_COMPLETE',
      ...(empty || this.refusedChange ? {StatusReason: this.refusedChange ?? 'The submitted information didn\'t contain changes.'} : {})});
  }
  #execute(name) {
    const stack = this.#stack(name);
    const creates = stack.status === 'REVIEW_IN_PROGRESS';
    const {parameters, template} = stack.change;
    const missing = !this.buckets.get(parameters.CodeBucket)?.objects.has(parameters.CodeKey);
    const failing = this.failing ?? (missing && [['AuthorizerFunction', 'CREATE_FAILED', 'NoSuchKey: the bundle is not there']]);
    if (failing) {
      stack.status = creates ? 'ROLLBACK_COMPLETE' : 'UPDATE_ROLLBACK_COMPLETE';
      stack.events = [...failing, ...stack.events];
      return;
    }
    const base = `https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/${parameters.StageName ?? 'dev'}/api`;
    Object.assign(stack, {status: creates ? 'CREATE_COMPLETE' : 'UPDATE_COMPLETE', parameters, template,
      outputs: {PublicEndpoint: `${base}/public`, PrivateEndpoint: `${base}/private`, AuthorizerArn: 'arn:a', ApiId: 'a1b2c3d4e5'}});
  }
  #events(name) {
    return xml('StackEvents', member(this.#stack(name).events.map(([id, status, reason], index) => fields({EventId: index, StackId: `stack/${name}`,
      StackName: name, Timestamp: '2026-01-02T03:04:05Z', LogicalResourceId: id, ResourceStatus: status, ...(reason ? {ResourceStatusReason: reason} : {})}))));
  }
  #deleteStack(name) {
    const stack = this.#stack(name);
    if (this.failing) Object.assign(stack, {status: 'DELETE_FAILED', events: [...this.failing, ...stack.events]});
    else this.stacks.delete(name);
  }
}
