// `make deploy`, `make destroy` and `make site` with the real AWS CLI, against a stand-in of AWS on loopback: what is
// made, what is left alone, and the sentence that each failure ends with.
import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import {describe, test} from 'node:test';
import {account, Refusal} from '../support/aws_stand_in.mjs';
import {keyOf, leftovers, ownBucket, secrets, workplace} from '../support/deploy_place.mjs';
import {Program, within} from '../support/program.mjs';

const debianAws = '/usr/bin/aws';
const certificate = '-----BEGIN CERTIFICATE-----\nMIIBsjCCARugAwIBAgIUXCertificateOfATest\n-----END CERTIFICATE-----\n';
const publicUrl = 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/dev/api/public';
const privateUrl = publicUrl.replace('public', 'private');

const fine = (result) => assert.equal(result.code, 0, result.stdout + result.stderr);
/** The last line that is not make's own. */
const lastWord = ({stderr}) => stderr.trim().split('\n').filter((line) => !line.startsWith('make')).at(-1) ?? '';
function fails(result, sentence) {
  assert.notEqual(result.code, 0, result.stdout);
  assert.match(lastWord(result), sentence);
}

test('the AWS CLI is Debian\'s', () => assert.ok(existsSync(debianAws), 'scripts/setup.sh deploy installs it'));

describe('deploying', {concurrency: 2}, () => {
  test('from nothing to two endpoints and a page; again without uploading; and back to nothing', async (t) => {
    const place = await workplace(t);
    const {aws} = place;
    const first = await place.make(['deploy', 'ARCH=x86_64']);
    fine(first);
    assert.match(first.stdout, new RegExp(`^public endpoint +${publicUrl}$`, 'm'));
    assert.match(first.stdout, new RegExp(`^private endpoint +${privateUrl}$`, 'm'));
    for (const wanted of [/Allowed Callback URLs +http:\/\/localhost:8000\/$/m, /Allowed Web Origins +http:\/\/localhost:8000$/m, /Identifier +https:\/\/api\.example\.com$/m])
      assert.match(first.stdout, wanted);
    assert.deepEqual(JSON.parse(place.read('build/site/config.json')), {...secrets, PUBLIC_ENDPOINT: publicUrl, PRIVATE_ENDPOINT: privateUrl});
    assert.equal(place.read('build/site/index.html'), place.read('page-made/index.html'));

    const bucket = aws.buckets.get(ownBucket);
    assert.deepEqual([bucket.region, bucket.closed, bucket.encrypted, bucket.tags], ['eu-west-1', true, true, ['made-by', 'portcullis']]);
    assert.deepEqual([...bucket.objects.keys()], [keyOf(place)]);
    assert.deepEqual(bucket.objects.get(keyOf(place)), readFileSync(path.join(place.folder, 'bundle.zip')));
    const stack = aws.stacks.get('portcullis');
    assert.deepEqual(stack.parameters, {Auth0Domain: secrets.AUTH0_DOMAIN, Auth0Audience: secrets.AUTH0_AUDIENCE, Auth0ClientId: '', Auth0ClientPublicKey: '',
      CodeBucket: ownBucket, CodeKey: keyOf(place), Architecture: 'x86_64'});
    assert.match(stack.template, /^ {2}Deployment[0-9a-f]{12}:$/m);
    assert.equal(stack.template.replace(/\bDeployment[0-9a-f]{12}\b/g, 'Deployment0'), place.read('deploy/rest-token.yaml'));

    const again = await place.make(['deploy', 'ARCH=x86_64']);
    fine(again);
    assert.match(again.stdout, /unchanged: nothing is uploaded/);
    assert.match(again.stdout, /the stack is unchanged/);
    assert.equal(aws.made('PutObject').length, 1);
    assert.equal(aws.made('CreateBucket').length, 1);

    // New code, whose configuration names the issuers itself: the functions get no AUTH0_ variables, the page still does.
    place.bundle({bootstrap: 'program 2', 'portcullis.yaml': 'issuers:\n  - domain: example.eu.auth0.com\n'});
    fine(await place.make(['deploy', 'ARCH=x86_64']));
    assert.equal(aws.made('PutObject').length, 2);
    const {parameters} = aws.stacks.get('portcullis');
    assert.equal(parameters.CodeKey, keyOf(place));
    assert.deepEqual(Object.keys(parameters).filter((name) => name.startsWith('Auth0') && parameters[name] !== ''), [], 'an update keeps what it does not name');
    assert.equal(JSON.parse(place.read('build/site/config.json')).AUTH0_AUDIENCE, secrets.AUTH0_AUDIENCE);

    fine(await place.make(['destroy']));
    assert.equal(aws.stacks.size, 0);
    assert.equal(aws.buckets.size, 0);
    assert.ok(!existsSync(path.join(place.folder, 'build/site')));
    fine(await place.make(['destroy']));  // nothing is there any more
    assert.deepEqual(leftovers(place), []);
  });

  test('into a bucket of yours, which stays as it is but for our bundle; bundle and page made by our scripts', async (t) => {
    const place = await workplace(t);
    place.write('scripts/package.sh', '#!/bin/sh\nmkdir -p build && cp bundle.zip build/portcullis-lambda-$ARCH.zip\n', 0o755);
    place.write('scripts/page.sh', '#!/bin/sh\nmkdir -p "$1" && cp page-made/* "$1"\n', 0o755);
    place.aws.buckets.set('mine', {owner: account, region: 'eu-west-1', objects: new Map([['portcullis/notes.txt', Buffer.from('n')], ['other', Buffer.from('o')]])});
    fine(await place.make(['deploy', 'BUCKET=mine', 'KIND=http-api', 'STACK=shop', 'ARCH=arm64', 'PARAMETERS=CacheSeconds=0 LogDays=7'], {PACKAGE: '', PAGE: ''}));
    assert.ok(existsSync(path.join(place.folder, 'build/site/config.json')));
    assert.deepEqual(place.aws.made('CreateBucket'), []);
    assert.equal(place.aws.buckets.get('mine').tags, undefined);
    const {parameters, template} = place.aws.stacks.get('shop');
    assert.deepEqual([parameters.Architecture, parameters.CacheSeconds, parameters.LogDays, parameters.CodeKey], ['arm64', '0', '7', keyOf(place, 'shop', 'arm64')]);
    assert.equal(template, place.read('deploy/http-api.yaml'));
    fine(await place.make(['destroy', 'STACK=shop']));
    const {objects} = place.aws.buckets.get('mine');
    assert.deepEqual([...objects.keys()], ['portcullis/notes.txt', 'other']);
    assert.equal(place.aws.stacks.size, 0);
    objects.clear();
    fine(await place.make(['destroy', 'STACK=shop', 'BUCKET=mine']));
    assert.ok(place.aws.buckets.has('mine'), 'an empty bucket of yours stays, too');
  });

  test('the original\'s secrets.json and public_key: ID tokens of that client, and no secret anywhere', async (t) => {
    const place = await workplace(t, {'secrets.json': '{"AUTH0_CLIENT_ID":"original-client","AUTH0_CLIENT_SECRET":"never-read-this"}', public_key: certificate});
    place.aws.buckets.set(ownBucket, {owner: account, region: 'eu-west-1', tags: ['made-by', 'portcullis'], objects: new Map()});
    const arguments_ = watchArguments(t);
    const apiKey = 'key0123456789012345678';
    const result = await place.make(['deploy'], {PORTCULLIS_API_KEY: apiKey});
    fine(result);
    const {parameters} = place.aws.stacks.get('portcullis');
    assert.deepEqual([parameters.Auth0ClientId, parameters.Auth0ClientPublicKey, parameters.Auth0Domain, parameters.ApiKeyValue], ['original-client', certificate.trim(), '', apiKey]);
    assert.match(result.stdout, /cannot log in yet: put AUTH0_DOMAIN and AUTH0_AUDIENCE/);
    for (const secret of ['never-read-this', 'secret-of-the-key', 'XCertificateOfATest', apiKey]) {
      assert.ok(!(result.stdout + result.stderr).includes(secret), `${secret} was printed`);
      assert.ok(!arguments_().includes(secret), `${secret} was in the process list`);
    }
    assert.ok(arguments_().includes('parameters.json'), 'the watch saw the call');
    assert.ok(!place.aws.bodies.join().includes('never-read-this'));
  });

  test('DRY_RUN prints every call and makes none', async (t) => {
    const place = await workplace(t);
    const result = await place.make(['deploy', 'DRY_RUN=1']);
    fine(result);
    for (const call of ['sts get-caller-identity', 's3api create-bucket', 's3api put-public-access-block', 's3api put-bucket-encryption', 's3api put-object',
      'cloudformation deploy', 'cloudformation describe-stacks']) assert.match(result.stdout, new RegExp(`^ {2}aws ${call} `, 'm'));
    fine(await place.make(['destroy', 'DRY_RUN=1']));
    assert.deepEqual(place.aws.requests, []);
    assert.deepEqual(leftovers(place), []);
  });

  test('the region and the profile are chosen as the original chose them', async (t) => {
    const place = await workplace(t);
    mkdirSync(path.join(place.folder, '.aws'));
    place.write('.aws/config', '[profile work]\nregion = eu-north-1\naws_access_key_id = AKIDWORK\naws_secret_access_key = s\n[profile home]\nregion = eu-south-1\naws_access_key_id = AKIDHOME\naws_secret_access_key = s\n');
    const none = {AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_REGION: ''};
    const rows = [
      [['profile=work'], none, /eu-north-1, with the profile work$/m],
      [['profile=work'], {...none, AWS_DEFAULT_PROFILE: 'home'}, /eu-south-1, with the profile home \(AWS_DEFAULT_PROFILE\)$/m],
      [['profile=work'], {AWS_REGION: 'us-east-1'}, /us-east-1, with the keys in the environment$/m],
      [['profile=work', 'region=ca-west-1'], none, /ca-west-1, with the profile work$/m],
    ];
    for (const [words, environment, expected] of rows) assert.match((await place.make(['deploy', 'DRY_RUN=1', ...words], environment)).stdout, expected);
  });
});

describe('each failure ends with what to do', {concurrency: 2}, () => {
  const closed = 'http://127.0.0.1:9';  // discard: nothing listens
  const none = {AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: ''};
  const stackOf = (status) => ({status, events: [], parameters: {}});
  const someoneElses = {owner: '999', region: 'eu-west-1', objects: new Map()};
  const ours = () => ({owner: account, region: 'eu-west-1', tags: ['made-by', 'portcullis'], objects: new Map()});
  const denied = (operation) => new Refusal(403, 'AccessDenied', `User: arn:aws:iam::${account}:user/x is not authorized to perform: ${operation} on resource: y`);

  /** [what, what is different, what the last line says]. */
  const rows = [
    ['no credentials', {environment: none}, /no AWS credentials were found: set AWS_ACCESS_KEY_ID .*make deploy profile=NAME/],
    ['a profile that is not there', {environment: none, words: ['profile=nobody']}, /there is no profile "nobody"/],
    ['credentials that have expired', {refuse: {GetCallerIdentity: new Refusal(403, 'ExpiredToken', 'The security token included in the request is expired')}},
      /does not accept these credentials \(the keys in the environment\)/],
    ['no region', {environment: {AWS_REGION: ''}}, /no region is set: .*make deploy region=eu-west-1/],
    ['a region that is none', {words: ['region=Frankfurt']}, /"Frankfurt" is no region/],
    ['a region that does not answer', {words: ['region=eu-wset-1'], environment: {PORTCULLIS_AWS_ENDPOINT: closed}}, /AWS does not answer in eu-wset-1/],
    ['a bucket name that is taken', {set: (aws) => aws.buckets.set(ownBucket, someoneElses)}, /is taken by another account .*: name a bucket of your own with BUCKET=/],
    ['a bucket name that is taken meanwhile', {refuse: {CreateBucket: new Refusal(409, 'BucketAlreadyExists')}}, /is taken by another account/],
    ['a bucket of yours that is not there', {words: ['BUCKET=nowhere']}, /there is no bucket nowhere: make it, or leave BUCKET= out/],
    ['a bucket of somebody else', {words: ['BUCKET=theirs'], set: (aws) => aws.buckets.set('theirs', someoneElses)}, /theirs is another account's/],
    ['no permission to make a bucket', {refuse: {CreateBucket: denied('s3:CreateBucket')}}, /making the bucket .* is not allowed .*perform: s3:CreateBucket.*docs\/deploy\.md/],
    ['no permission to upload', {set: (aws) => aws.buckets.set(ownBucket, ours()), refuse: {PutObject: new Refusal(403, 'AccessDenied', 'Access Denied')}},
      /uploading the bundle is not allowed .*PutObject operation/],
    ['no permission to deploy', {set: (aws) => aws.buckets.set(ownBucket, ours()), refuse: {CreateChangeSet: denied('cloudformation:CreateChangeSet')}},
      /deploying the stack portcullis is not allowed .*cloudformation:CreateChangeSet/],
    ['a stack that failed before', {set: (aws) => aws.buckets.set(ownBucket, ours()) && aws.stacks.set('portcullis', stackOf('ROLLBACK_COMPLETE'))},
      /ROLLBACK_COMPLETE.*make destroy STACK=portcullis, then make deploy again/],
    ['a stack that fails now', {set: (aws) => {
      aws.buckets.set(ownBucket, ours());
      aws.failing = [['portcullis', 'ROLLBACK_COMPLETE'], ['PublicLog', 'CREATE_FAILED', 'Resource creation cancelled'],
        ['AuthorizerFunction', 'CREATE_FAILED', 'Later reason'], ['AuthorizerRole', 'CREATE_FAILED', 'You may not create roles'],
        ['portcullis', 'CREATE_IN_PROGRESS', 'User Initiated'], ['Old', 'CREATE_FAILED', 'Last week']];
    }}, /failed and was rolled back\. First failure: AuthorizerRole: You may not create roles$/],
    ['a change that CloudFormation refuses', {set: (aws) => {
      aws.buckets.set(ownBucket, ours());
      aws.refusedChange = 'Template error: Auth0Audience needs Auth0Domain';
    }}, /refuses the stack portcullis: Template error: Auth0Audience needs Auth0Domain$/],
    ['an unknown kind', {words: ['KIND=soap']}, /KIND is rest-token, rest-request or http-api, not "soap"/],
    ['an unknown parameter', {words: ['PARAMETERS=CacheSecs=1']}, /has no parameter CacheSecs; it has .*CacheSeconds/],
    ['an API key in the open', {words: ['PARAMETERS=ApiKeyValue=hidden0123456789012345']}, /give ApiKeyValue as the variable PORTCULLIS_API_KEY/],
    ['a bundle that is not there', {words: ['PACKAGE=nowhere.zip']}, /there is no bundle nowhere\.zip/],
    ['a bundle without a program', {bundle: {'portcullis.yaml': 'x'}}, /no file bootstrap at its root/],
    ['nobody\'s tokens', {files: {}}, /nothing says whose tokens are accepted: set AUTH0_DOMAIN and AUTH0_AUDIENCE/],
    ['the placeholder of the example', {files: {'secrets.json': '{"AUTH0_CLIENT_ID":"your-client-id"}', public_key: certificate}}, /AUTH0_CLIENT_ID is still the example's placeholder/],
    ['a secrets.json that is broken', {files: {'secrets.json': '{"AUTH0_CLIENT_SECRET":"hidden",'}}, /secrets\.json is not JSON/],
    ['a private key as public_key', {files: {'secrets.json': '{"AUTH0_CLIENT_ID":"c"}', public_key: '-----BEGIN PRIVATE KEY-----\nhidden\n'}}, /holds a private key/],
    ['two kinds of tokens', {files: {'secrets.json': JSON.stringify(secrets), public_key: certificate}}, /exclude each other: remove public_key/],
    ['an audience without a tenant', {files: {}, environment: {AUTH0_AUDIENCE: 'a'}}, /AUTH0_AUDIENCE needs AUTH0_DOMAIN/],
  ];
  for (const [what, {files, environment, words = [], set, refuse = {}, bundle}, sentence] of rows) {
    test(what, async (t) => {
      const place = await workplace(t, files);
      if (bundle) place.bundle(bundle);
      set?.(place.aws);
      for (const [operation, refusal] of Object.entries(refuse)) place.aws.refuse.set(operation, refusal);
      const result = await place.make(['deploy', ...words], environment);
      fails(result, sentence);
      assert.doesNotMatch(result.stdout + result.stderr, /hidden|secret-of-the-key|Traceback/);
      assert.deepEqual(readdirSync(path.join(place.folder, 'tmp')), []);
    });
  }

  test('no AWS CLI', async (t) => {
    const place = await workplace(t);
    const bin = path.join(place.folder, 'bin');
    mkdirSync(bin);
    for (const name of readdirSync('/usr/bin')) if (!/^aws|^apt|^dpkg|^sudo/.test(name)) symlinkSync(path.join('/usr/bin', name), path.join(bin, name));
    fails(await place.make(['deploy'], {PATH: bin}), /missing: aws\. Install it/);
    fails(await place.make(['destroy'], {PATH: bin}), /missing: aws\. Install it/);
  });

  test('a stack that cannot be removed', async (t) => {
    const place = await workplace(t);
    place.aws.buckets.set(ownBucket, ours());
    place.aws.stacks.set('portcullis', stackOf('CREATE_COMPLETE'));
    place.aws.failing = [['portcullis', 'DELETE_FAILED', 'The following failed'], ['Stage', 'DELETE_FAILED', 'Stage is in use'], ['portcullis', 'DELETE_IN_PROGRESS', 'User Initiated']];
    fails(await place.make(['destroy']), /could not be removed\. First failure: Stage: Stage is in use/);
    assert.ok(place.aws.buckets.has(ownBucket));
  });

  test('another stack\'s bundle keeps the bucket', async (t) => {
    const place = await workplace(t);
    place.aws.buckets.set(ownBucket, ours());
    place.aws.buckets.get(ownBucket).objects.set('other/lambda-x86_64-1.zip', Buffer.from('x')).set('portcullis/lambda-x86_64-2.zip', Buffer.from('y'));
    const result = await place.make(['destroy']);
    fine(result);
    assert.match(result.stdout, /stays: something else is in it/);
    assert.deepEqual([...place.aws.buckets.get(ownBucket).objects.keys()], ['other/lambda-x86_64-1.zip']);
  });
});

describe('the page against the deployment', () => {
  const config = {...secrets, PUBLIC_ENDPOINT: publicUrl, PRIVATE_ENDPOINT: privateUrl};
  const deployed = async (t) => {
    const place = await workplace(t);
    mkdirSync(path.join(place.folder, 'build/deploy'), {recursive: true});
    place.write('build/deploy/config.json', JSON.stringify(config));
    return place;
  };

  test('make site serves the page on this machine, with a policy that lets it reach tenant and API only', async (t) => {
    const place = await deployed(t);
    const program = new Program('/usr/bin/make', ['site', 'PORT=0'], {cwd: place.folder, env: place.environment(), detached: true});
    t.after(() => program.running && process.kill(-program.pid, 'SIGKILL'));
    const [, base] = /^page (http:\/\/localhost:\d+\/)$/.exec(await program.line(/^page /, {milliseconds: 30_000}));
    const page = await fetch(base);
    assert.equal(await page.text(), place.read('page-made/index.html'));
    assert.match(page.headers.get('content-security-policy'),
      /connect-src 'self' https:\/\/example\.eu\.auth0\.com https:\/\/a1b2c3d4e5\.execute-api\.eu-west-1\.amazonaws\.com; frame-src https:\/\/example\.eu\.auth0\.com;/);
    assert.deepEqual(await (await fetch(`${base}config.json`)).json(), config);
    for (const [name, method] of [['nothing.js', 'GET'], ['..%2f..%2fsecrets.json', 'GET'], ['%2e%2e/deploy/config.json', 'GET'], ['', 'POST'], ['%', 'GET'], ['/', 'GET']])
      assert.equal((await fetch(base + name, {method})).status, 404, name);
    const second = await place.make(['site', `PORT=${new URL(base).port}`]);
    fails(second, /port \d+ is taken: .*make site PORT=8001/);
  });

  test('make site before any deployment says so', async (t) => {
    const place = await workplace(t);
    fails(await place.make(['site']), /nothing is deployed yet: make deploy comes first/);
  });
});

describe('interrupted', {concurrency: 2}, () => {
  for (const [operation, signal] of [['PutObject', 'SIGINT'], ['PutBucketTagging', 'SIGTERM']]) {
    test(`in the middle of ${operation} by ${signal}: nothing is half written, and a second run goes on`, async (t) => {
      const place = await workplace(t);
      let go;
      place.aws.pause.set(operation, new Promise((resolve) => { go = resolve; }));
      const program = new Program('/usr/bin/make', ['deploy', 'ARCH=x86_64'], {cwd: place.folder, env: place.environment(), detached: true});
      await within(60_000, operation, until(() => place.aws.made(operation).length));
      process.kill(-program.pid, signal);  // as the terminal does
      assert.notEqual((await within(10_000, 'the end', program.ended)).code, 0);
      assert.ok(program.lines.some((line) => /interrupted\. Nothing is half written here; run make deploy again/.test(line)), program.lines.join('\n'));
      place.aws.pause.clear();
      go();
      assert.equal(place.aws.buckets.get(ownBucket).objects.size, 0);
      assert.equal(place.aws.stacks.size, 0);
      assert.deepEqual(leftovers(place), []);
      assert.ok(!existsSync(path.join(place.folder, 'build/site')));

      fine(await place.make(['deploy', 'ARCH=x86_64']));
      assert.deepEqual([...place.aws.buckets.get(ownBucket).objects.keys()], [keyOf(place)]);
      assert.deepEqual(place.aws.buckets.get(ownBucket).tags, ['made-by', 'portcullis']);
      assert.equal(place.aws.stacks.get('portcullis').status, 'CREATE_COMPLETE');
    });
  }
});

async function until(holds) {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** What stood in the process list of this machine while the test ran. */
function watchArguments(t) {
  const seen = new Set();
  const look = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
      } catch {}  // it ended
    }
  };
  const timer = setInterval(look, 50);
  t.after(() => clearInterval(timer));
  return () => [...seen].join('\n');
}
