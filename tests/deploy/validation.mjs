// Reads a template as the CDK does (its own CloudFormation rules, offline), and tells every finding, warnings too.
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

process.env.CDK_DISABLE_STACK_TRACE = '1';
const require = createRequire(import.meta.url);
const {App, LegacyStackSynthesizer, Stack} = require('aws-cdk-lib/core');  // heavy: once for all tests
const {CfnInclude} = require('aws-cdk-lib/cloudformation-include');

export const kinds = ['rest-token', 'rest-request', 'http-api'];
export const templateFile = (kind) => fileURLToPath(new URL(`../../deploy/${kind}.yaml`, import.meta.url));

/** Findings that we live with: rule → reason. Empty, and best kept so. */
export const ignored = new Map();

const context = {
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  '@aws-cdk/core:failSynthOnValidationErrors': false,  // we read the report ourselves
};

function synthesize(file, folder) {
  const app = new App({outdir: path.join(folder, 'out'), analyticsReporting: false, context});
  const stack = new Stack(app, 'Stack', {synthesizer: new LegacyStackSynthesizer()});  // adds nothing to the template
  new CfnInclude(stack, 'Template', {templateFile: file});
  const {directory} = app.synth();
  const json = (name) => JSON.parse(readFileSync(path.join(directory, name), 'utf8'));
  return {template: json('Stack.template.json'), reports: json('validation-report.json').pluginReports};
}

const sentences = (reports) => reports.flatMap(({violations}) => violations)
  .filter(({ruleName}) => !ignored.has(ruleName))
  .map(({ruleName, description, violatingConstructs}) =>
    `${ruleName} ${violatingConstructs.map(({cloudFormationResource: place}) => place?.logicalId).join(', ')}: ${description}`);

/**
 * @param source the name of a template file, or a template as an object
 * @returns {{template: object|undefined, findings: string[]}} the template in its long form, JSON
 */
export function validate(source) {
  const folder = mkdtempSync(path.join(tmpdir(), 'portcullis-template-'));
  try {
    let file = source;
    if (typeof source !== 'string') writeFileSync(file = path.join(folder, 'template.json'), JSON.stringify(source));
    const {template, reports} = synthesize(file, folder);
    return {template, findings: sentences(reports)};
  } catch (error) {  // what cannot even be read: a dangling reference, an unknown type
    return {template: undefined, findings: [String(error.message)]};
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}
