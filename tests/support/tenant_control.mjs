// The tenant's clock, keys and faults, moved by the secret that lies in the state directory.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {used} from './used_tokens.mjs';

export class TenantControl {
  constructor(world, state) {
    this.prefix = new URL('_portcullis/control/', world.tenant);
    this.secret = used(readFileSync(path.join(state, 'control.secret'), 'utf8').trim());
  }

  /** One request as it may go wrong: with other credentials, or none. */
  ask(what, fields, {credentials = `Bearer ${this.secret}`, method = 'POST'} = {}) {
    return fetch(new URL(what, this.prefix), {
      method,
      headers: credentials ? {Authorization: credentials} : {},
      body: method === 'POST' ? new URLSearchParams(fields) : undefined,
      signal: AbortSignal.timeout(10_000),
    });
  }

  /** Seconds between the machine's time and the tenant's. */
  clock = (offset) => this.#do('clock', {offset});
  rotateKeys = (more = {}) => this.#do('rotate', more);
  /** Status 0 ends the fault. */
  fault = (at, status) => this.#do('faults', {path: at, status});

  async #do(what, fields) {
    assert.equal((await this.ask(what, fields)).status, 204, `control ${what}`);
  }
}
