// Prints `passed failed skipped` for one run of ctest, counting single GoogleTest cases.
//   node scripts/count_unit_tests.mjs JUNIT_XML FOLDER_OF_GOOGLETEST_JSON CTEST_EXIT_CODE
// A test that is no GoogleTest executable, or that died before it wrote its result, counts as one.
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const [junit, folder, exitCode] = process.argv.slice(2);
const total = {passed: 0, failed: 0, skipped: 0};

function googleTest(name) {
  const file = [`${name}_test.json`, `${name}.json`].map((leaf) => join(folder, leaf)).find(existsSync);
  return file && JSON.parse(readFileSync(file, 'utf8'));
}

function skippedIn(report) {
  const cases = report.testsuites.flatMap((suite) => suite.testsuite);
  return cases.filter((one) => one.result === 'SKIPPED' || one.status === 'NOTRUN').length;
}

const executables = existsSync(junit) ? readFileSync(junit, 'utf8').matchAll(/<testcase\b[^>]*>/g) : [];
for (const [tag] of executables) {
  const [, name] = /\bname="([^"]*)"/.exec(tag);
  const [, status] = /\bstatus="([^"]*)"/.exec(tag);  // run, fail, notrun, disabled
  const report = googleTest(name);
  if (report) {
    const skipped = skippedIn(report);
    total.passed += report.tests - report.failures - skipped;
    total.failed += report.failures;
    total.skipped += skipped;
    if (status === 'fail' && report.failures === 0) total.failed += 1;  // a sanitizer's find at exit
  } else if (status === 'run') {
    total.passed += 1;
  } else if (status === 'disabled') {
    total.skipped += 1;
  } else {
    total.failed += 1;
  }
}
if (Number(exitCode) !== 0 && total.failed === 0) total.failed = 1;

console.log(`${total.passed} ${total.failed} ${total.skipped}`);
