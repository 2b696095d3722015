// One click, one exchange: get a token ready, call, show the answer and its decision side by side.
import {showAnswer, showForeignAnswer} from './answer.js';
import {call} from './calls.js';
import {showDecision} from './decision.js';
import {byId} from './dom.js';

export class Exchange {
  #reports;
  #busy = false;
  #shown = 0;

  constructor(reports) {
    this.#reports = reports;
  }

  /// Does nothing while another one is under way: its answer would be taken for this one's.
  /// @param prepare makes `{method, url, token}`; where it throws nothing is called
  /// @returns {answer, report}, or null when busy
  async run(prepare) {
    if (this.#busy) return null;
    this.#begin();
    try {
      const answer = await call(await prepare());
      const report = await this.#reports.of(answer.requestId);
      const decided = await this.#decisionBehind(report);
      showAnswer(answer);
      this.#finish(`${answer.status ?? 'No answer'}. ${showDecision(answer, report, decided)}`);
      return {answer, report, reason: decided?.reason ?? report?.reason};
    } finally {
      this.#end();
    }
  }

  /// A request of the live list.
  async showReport(report) {
    const decided = await this.#decisionBehind(report);
    showForeignAnswer(report);
    this.#finish(`${report.status}. ${showDecision(null, report, decided)}`);
  }

  async #decisionBehind(report) {
    if (!report?.decidedBy || report.decidedBy === report.requestId) return report;
    return this.#reports.of(report.decidedBy);
  }

  #finish(summary) {
    byId('answer-summary').textContent = summary;
    this.#shown += 1;
    byId('answer').dataset.request = this.#shown;
  }

  #begin() {
    this.#busy = true;
    byId('answer').setAttribute('aria-busy', 'true');
    document.body.classList.add('busy');
  }

  #end() {
    this.#busy = false;
    byId('answer').setAttribute('aria-busy', 'false');
    document.body.classList.remove('busy');
  }
}
