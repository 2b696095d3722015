// A local world with the page: from the gateway's port or, as when it is deployed, from another origin.
import {mkdirSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {binary, build, temporaryFolder} from './program.mjs';
import {site} from './page_site.mjs';
import {alive, childrenOf, eventually, startWorld} from './world.mjs';

const directory = path.join(build, 'page');  // as scripts/page.sh makes it

/** @param served by 'the gateway' or 'make site' */
export async function startPageWorld(after, served) {
  const folder = temporaryFolder(after);
  const crash = path.join(folder, 'authorizer-crashes');
  const bootstrap = path.join(folder, 'bootstrap');
  writeFileSync(bootstrap, `#!/bin/sh\n[ "$_HANDLER" = authorizer ] && [ -e '${crash}' ] && exit 1\nexec '${binary('bootstrap')}' "$@"\n`, {mode: 0o755});
  const state = path.join(folder, 'state');
  mkdirSync(state, {mode: 0o700});
  const args = ['--port', '0', '--tenant-port', '0', '--page', directory, '--bootstrap', bootstrap];
  const server = served === 'the gateway' ? null : await site(after, directory);
  if (server) args.push('--page-origin', server.origin);
  const world = await startWorld(after, {state, args});
  const api = new URL(world.api).origin;
  const tenant = new URL(world.tenant).origin;
  if (server) await server.serve(await (await fetch(`${world.page}config.json`)).text());

  const address = server ? `${server.origin}/` : world.page;
  return {
    address,
    tenant,
    origins: [...new Set([new URL(address).origin, api, tenant])],
    keepLogs: () => world.decisions(),
    /** Someone else's request, which no page sent. */
    call: world.call,
    /** From now on the authorizer ends as soon as it is started. */
    async crashAuthorizer() {
      writeFileSync(crash, '');
      const running = childrenOf(world.program.pid).find((child) => child.handler === 'authorizer');
      process.kill(running.pid, 'SIGKILL');
      await eventually(() => !alive(running.pid), 'end of the authorizer');
    },
    mendAuthorizer: () => rmSync(crash),
  };
}
