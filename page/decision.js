// Showing why: the verdict, what to do, and each step with the values it compared.
import {kindOf} from './answer.js';
import {byId, clockTime, element, setText, show} from './dom.js';
import {timeOf} from './reports.js';

const questions = {
  path: 'Can the path be read in one way only?',
  route: 'Which rule fits method and path best?',
  credential: 'Is there one Bearer token?',
  token: 'Is it a signed JWT of a known issuer, with an accepted algorithm?',
  keys: 'Which published key does it name?',
  signature: 'Did that key sign these very bytes?',
  claims: 'Do issuer, audience, time and types fit?',
  requirement: 'Has the caller what the rule demands?',
};

const marks = {passed: '✓', failed: '✗', noted: '·', waiting: '·'};
const spoken = {passed: 'passed', failed: 'failed', noted: 'noted', waiting: 'not reached'};
const words = {good: 'Allowed', bad: 'Refused', broken: 'Not decided', none: 'Unknown'};

/// Before the first call: which steps there are.
export function showWaitingSteps() {
  showSteps([]);
}

/// @param answer what the browser saw, or null for somebody else's request
/// @param report the world's report of it, or null
/// @param decided the report of the request that was decided: another one, where the cache answered
export function showDecision(answer, report, decided) {
  const facts = report ?? factsFromAnswer(answer);
  const kind = answer?.hidden ? 'none' : kindOf(facts.status);
  byId('decision-verdict').textContent = words[kind];
  byId('decision-verdict').dataset.kind = kind;
  setText('decision-reason', facts.reason);
  setText('decision-sentence', facts.sentence);
  setText('decision-detail', facts.detail);
  byId('decision-detail-name').textContent = kind === 'good' ? 'Rule:' : 'Found:';
  byId('decision-detail-line').hidden = !facts.detail;
  byId('decision-advice').textContent = facts.advice;
  byId('decision-advice-line').hidden = !facts.advice;
  setText('decision-source', report ? source(report, decided) : '');
  showSteps(decided?.trace ?? report?.trace ?? []);
  show('decision-steps', report !== null && !isProxied(report));  // neither a deployed API nor portcullis serve publishes its steps
  return [words[kind], facts.reason, facts.sentence].filter(Boolean).join('. ');
}

// A deployed API says no more than its status, and WWW-Authenticate where CORS exposes it (RFC 6750 §3).
function factsFromAnswer(answer) {
  if (answer.hidden) return {status: 0, reason: '', sentence: 'Without the answer there is no telling what was decided.', detail: '', advice: 'Mend the cause that stands beside the answer, then call again.'};
  const challenge = new Map(answer.headers).get('www-authenticate') ?? '';
  const reason = /error="([a-z_]+)"/.exec(challenge)?.[1] ?? '';
  const said = /error_description="([^"]*)"/.exec(challenge)?.[1];
  const [sentence, advice] = plainWords(answer.status);
  return {status: answer.status, reason, sentence: said ?? sentence, detail: '', advice};
}

function plainWords(status) {
  if (status < 400) return ['The request is allowed.', ''];
  if (status === 401) return ['No token, or none that is valid.', 'Log in. If you are, the log of the authorizer names the reason.'];
  if (status === 403) return ['The token is valid, but it does not open this.', 'Ask for the scope or permission that this endpoint needs.'];
  if (status === 429) return ['Too many requests.', 'Wait a little.'];
  if (status < 500) return ['The request was refused.', ''];
  return ['The API failed; that says nothing about the token.', 'Try again. If it stays, read the logs of gateway and functions.'];
}

const isProxied = (report) => report.path.startsWith('/proxied/');

function source(report, decided) {
  if (isProxied(report)) return report.asked === 'fresh' ? 'The proxy asked portcullis serve about this very request.' : 'The proxy answered by itself.';
  if (report.asked === 'fresh') return 'The gateway asked portcullis for this very request.';
  if (report.asked === 'cached') {
    const answered = 'Answered from the gateway’s cache';
    if (!decided || decided.requestId === report.requestId)
      return `${answered}: the policy that portcullis gave for this token before says no. It was asked once more only to tell you why.`;
    const elsewhere = decided.method !== report.method || decided.path !== report.path;
    return `${answered}: portcullis decided it for ${decided.method} ${decided.path} at ${clockTime(timeOf(decided))}` +
      `${elsewhere ? ', and its policy names everything that this caller may call' : ''}. These are the steps of that decision.`;
  }
  if (report.status < 400) return 'The gateway did not ask portcullis: nothing guards this endpoint.';
  if (report.reason === 'no_credentials') return 'The gateway did not ask portcullis: a request without a token never gets that far.';
  return 'The gateway answered by itself and did not ask portcullis.';
}

function showSteps(trace) {
  const order = Object.keys(questions);
  const rows = [];
  let next = 0, faults = 0;
  for (const entry of trace) {
    const place = order.indexOf(entry.step);
    while (next < place) rows.push(untoldStep(order[next++], faults));
    next = Math.max(next, place + 1);
    faults += entry.verdict === 'failed';
    rows.push(reachedStep(entry));
  }
  byId('decision-steps').replaceChildren(...rows, ...order.slice(next).map(waitingStep));
}

// The first fault ends it, so what was passed over in silence on the way to a later step was good. Only
// on a public route does a decision go on behind a fault: there the steps between are left out.
const untoldStep = (step, faults) => (faults ? waitingStep(step) : stepRow(step, 'passed', 'no fault found'));

function reachedStep({step, verdict, text, place}) {
  const row = stepRow(step, verdict in marks ? verdict : 'noted', text);
  if (place) row.lastChild.append(' ', placeOf(place));
  return row;
}

const waitingStep = (step) => stepRow(step, 'waiting', questions[step]);

function stepRow(step, verdict, text) {
  return element('li', {'data-verdict': verdict, 'data-step': step},
    element('span', {class: 'mark', 'aria-hidden': 'true'}, marks[verdict]),
    element('span', {class: 'step'}, step, element('span', {class: 'unseen'}, ` (${spoken[verdict]}): `)),
    element('span', {class: 'found'}, text));
}

// FILE:LINE:COLUMN; the folder is in the way when reading, and there when pointing.
function placeOf(place) {
  return element('code', {class: 'rule-place', title: place}, place.slice(place.lastIndexOf('/') + 1));
}
