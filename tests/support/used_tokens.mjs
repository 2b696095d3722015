// Every token a test uses is noted here: a later step looks for it in everything that was printed.
import {appendFileSync} from 'node:fs';

/** @returns the token, noted */
export function used(token) {
  if (process.env.PORTCULLIS_TOKENS_USED) appendFileSync(process.env.PORTCULLIS_TOKENS_USED, `${token.replaceAll(/[\r\n]/g, '')}\n`);
  return token;
}
