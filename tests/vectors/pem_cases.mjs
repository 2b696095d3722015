// The cases of pem.json: what environment variables and editors make of a PEM text (tokens.md §2.5).
import {createHash, createPublicKey} from 'node:crypto';

import {keys, privateKey, publicKey} from './signing.mjs';

const spki = (name) => publicKey(name).export({type: 'spki', format: 'pem'});
const lines = (pem) => pem.trim().split('\n');
const bodyOf = (pem) => lines(pem).slice(1, -1).join('');
const wrapped = (label, body) => `-----BEGIN ${label}-----\n${body.match(/.{1,64}/g)?.join('\n') ?? ''}\n-----END ${label}-----\n`;

/** The same PEM in every form that is still to be understood. */
function forms(pem) {
  const all = lines(pem);
  const [begin, end] = [all[0], all.at(-1)];
  const body = all.slice(1, -1);
  return {
    'normal': pem,
    'no-final-line-end': pem.trimEnd(),
    'crlf': pem.replaceAll('\n', '\r\n'),
    'original-example': `${begin}\n${body.join(' ')}\n${end}`,
    'body-on-one-line': `${begin}\n${body.join('')}\n${end}\n`,
    'one-line-with-spaces': all.join(' '),
    'line-ends-removed': all.join(''),
    'literal-n': all.join('\\n'),
    'literal-n-at-end': `${all.join('\\n')}\\n`,
    'literal-r-n': `${all.join('\\r\\n')}\\r\\n`,
    'literal-n-and-line-ends': all.join('\\n\n'),
    'white-space-around': `\n\t  ${pem}  \r\n\n`,
    'indented': all.map((line) => `    ${line}`).join('\n'),
    'blank-lines': all.join('\n\n'),
  };
}

export function pemVectors() {
  const cases = [];
  const add = (id, why, pem, expect, type) => cases.push({id, why, pem, expect, ...(type ? {type} : {})});
  const k1 = 'RSA';  // all of these hold the key k1 of keys.json
  const certificate = keys.k1_certificate;
  const pkcs1 = publicKey('k1').export({type: 'pkcs1', format: 'pem'});

  for (const [label, pem] of Object.entries({'certificate': certificate, 'public-key': spki('k1'), 'rsa-public-key': pkcs1})) {
    for (const [form, text] of Object.entries(forms(pem))) add(`${label}/${form}`, 'the key k1', text, 'ok', k1);
  }
  add('certificate/chain', 'the first of a chain counts', certificate + keys.k2_certificate, 'ok', k1);
  add('certificate/chain-on-one-line', 'also when mangled', lines(certificate + keys.k2_certificate).join(' '), 'ok', k1);
  add('certificate/expired', 'expired is a warning, not a failure', keys.k1_expired_certificate, 'ok', k1);
  add('ec/public-key', 'P-256', spki('p256'), 'ok', 'EC P-256');
  add('ec/certificate', 'P-256', keys.p256_certificate, 'ok', 'EC P-256');
  add('ec/public-key-p384', 'P-384', spki('p384'), 'ok', 'EC P-384');
  add('ec/public-key-p521', 'P-521', spki('p521'), 'ok', 'EC P-521');
  add('okp/public-key', 'Ed25519', spki('ed25519'), 'ok', 'OKP Ed25519');

  const refused = (id, why, pem) => add(`refused/${id}`, why, pem, 'refused');
  const key = privateKey('k1');
  refused('private-key', 'a private key is told off, not used', key.export({type: 'pkcs8', format: 'pem'}));
  refused('private-key-one-line', 'also when mangled', lines(key.export({type: 'pkcs8', format: 'pem'})).join(' '));
  refused('rsa-private-key', 'PKCS#1', key.export({type: 'pkcs1', format: 'pem'}));
  refused('ec-private-key', 'SEC 1', privateKey('p256').export({type: 'sec1', format: 'pem'}));
  refused('certificate-then-private-key', 'a certificate with its private key behind it', certificate + key.export({type: 'pkcs8', format: 'pem'}));
  refused('private-key-then-certificate', 'in the other order', key.export({type: 'pkcs8', format: 'pem'}) + certificate);
  refused('empty', 'nothing', '');
  refused('blank', 'white space', ' \n ');
  refused('no-label', 'base64 alone', bodyOf(certificate));
  refused('trailing-text', 'text behind END', `${certificate}and more`);
  refused('trailing-text-one-line', 'also when mangled', `${lines(certificate).join(' ')} and more`);
  refused('no-end', 'the END line is missing', lines(certificate).slice(0, -1).join('\n'));
  refused('no-begin', 'the BEGIN line is missing', lines(certificate).slice(1).join('\n'));
  refused('begin-line-damaged', 'dashes lost: what reads as the label holds a private key', key.export({type: 'pkcs8', format: 'pem'})
    .replace('PRIVATE KEY-----', 'PRIV ATE KEY'));
  refused('begin-line-control-character', 'a label that would colour the terminal', certificate.replaceAll('CERTIFICATE', '\x1b[31mCERTIFICATE'));
  refused('labels-differ', 'BEGIN CERTIFICATE, END PUBLIC KEY', certificate.replace('END CERTIFICATE', 'END PUBLIC KEY'));
  refused('certificate-as-public-key', 'the label decides: a certificate is no SPKI', wrapped('PUBLIC KEY', bodyOf(certificate)));
  refused('public-key-as-certificate', 'and an SPKI is no certificate', wrapped('CERTIFICATE', bodyOf(spki('k1'))));
  refused('pkcs1-as-public-key', 'nor is PKCS#1 SPKI', wrapped('PUBLIC KEY', bodyOf(pkcs1)));
  refused('unknown-label', 'another thing', wrapped('CERTIFICATE REQUEST', bodyOf(certificate)));
  refused('truncated', 'half of the body', wrapped('CERTIFICATE', bodyOf(certificate).slice(0, 512)));
  refused('body-cut-by-one', 'one character lost', wrapped('CERTIFICATE', bodyOf(certificate).slice(0, -1)));
  refused('body-empty', 'no body', wrapped('CERTIFICATE', ''));
  refused('bad-character', 'not base64', certificate.replace(/A/, '*'));
  refused('url-alphabet', 'base64url is not base64', wrapped('PUBLIC KEY', bodyOf(spki('k1')).replaceAll('+', '-').replaceAll('/', '_')));
  refused('padding-missing', 'PEM is padded', wrapped('PUBLIC KEY', bodyOf(spki('ed25519')).replace(/=+$/, '').slice(0, -1)));
  refused('octets-behind', 'DER with something behind it', wrapped('PUBLIC KEY', Buffer.concat([Buffer.from(bodyOf(spki('k1')), 'base64'), Buffer.alloc(3)]).toString('base64')));
  refused('larger-than-16-kib', 'white space without end', certificate + ' '.repeat(16 * 1024));
  refused('ec-explicit-parameters', 'named curves only (CVE-2022-0778)', keys.p256_explicit_parameters);
  refused('ec-secp256k1', 'a curve that is not spoken here', spki('secp256k1'));
  refused('okp-ed448', 'a curve that is not spoken here', spki('ed448'));
  refused('rsa-1024', 'modulus of 1024 bits', spki('rsa1024'));
  refused('rsa-2047', 'modulus of 2047 bits', spki('rsa2047'));
  refused('rsa-roca', 'a modulus that can be factored (CVE-2017-15361)', spki('roca'));
  refused('rsa-16384', 'modulus of 16384 bits', spki('rsa16384'));
  refused('rsa-exponent-1', 'e = 1', createPublicKey({key: keys.exponent_one, format: 'jwk'}).export({type: 'spki', format: 'pem'}));

  return {comment: 'Made by generate.mjs from keys.json; see README.md. Do not edit.', thumbprint_k1: thumbprintOfK1(), cases};
}

/** RFC 7638 of k1: what the accepted RSA cases must have. */
function thumbprintOfK1() {
  const {e, n} = keys.k1;
  return createHash('sha256').update(JSON.stringify({e, kty: 'RSA', n})).digest('base64url');
}
