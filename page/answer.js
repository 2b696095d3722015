// Showing what came back.
import {byId, described, setText} from './dom.js';

const mostShown = 20_000;  // characters of a body

export function showAnswer(answer) {
  setText('answer-request', `${answer.method} ${answer.url}`);
  setStatus(answer.hidden ? 'hidden by the browser' : `${answer.status} ${answer.statusText}`.trim(), answer.hidden ? 'none' : kindOf(answer.status));
  setText('answer-note', answer.hidden
    ? `The browser did not let this page see the answer: neither status, headers nor body. ${answer.cause}`
    : `${answer.withToken ? 'Sent with a token' : 'Sent without a token'}, answered in ${answer.milliseconds} ms.`);
  byId('answer-note').classList.toggle('quiet', !answer.hidden);
  setBody(answer.hidden ? '' : pretty(answer.body));
  setHeaders(answer.headers ?? []);
}

/// For a request that somebody else sent: of its answer only the report is known.
export function showForeignAnswer(report) {
  setText('answer-request', `${report.method} ${report.path}`);
  setStatus(String(report.status), kindOf(report.status));
  setText('answer-note', 'Chosen from the live list: headers and body went to whoever sent the request.');
  byId('answer-note').classList.add('quiet');
  setBody('');
  setHeaders([]);
}

export function kindOf(status) {
  if (status < 400) return 'good';
  return status < 500 ? 'bad' : 'broken';
}

function setStatus(text, kind) {
  byId('answer-status').textContent = text;
  byId('answer-status').dataset.kind = kind;
}

function setBody(text) {
  byId('answer-body').textContent = text.length > mostShown ? `${text.slice(0, mostShown)}\n… ${text.length - mostShown} more characters` : text;
}

function setHeaders(headers) {
  byId('answer-headers').replaceChildren(...headers.map(([name, value]) => described(name, value)));
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body || '(empty)';
  }
}
