// SPDX-License-Identifier: Apache-2.0
//
// csaf.mjs FILE...: each is a CSAF 2.0 document that keeps to its schema and to every mandatory test of the standard,
// says the library of the German Federal Office for Information Security. And each way to break one is noticed.
import { readFileSync } from 'node:fs'
import * as mandatory from '@secvisogram/csaf-validator-lib/mandatoryTests.js'
import * as schema from '@secvisogram/csaf-validator-lib/schemaTests.js'
import validate from '@secvisogram/csaf-validator-lib/validateStrict.js'

const tests = [...Object.values(schema), ...Object.values(mandatory)]

async function problems(document) {
  const result = await validate(tests, document)
  return result.tests.filter((test) => !test.isValid).map((test) => `${test.name}: ${JSON.stringify(test.errors)}`)
}

function fail(message) {
  console.error(`FAILED: ${message}`)
  process.exitCode = 1
}

const ways = {
  'a status of an unknown product': (csaf) => { csaf.vulnerabilities[0].product_status = { fixed: ['nothing'] } },
  'no evidence': (csaf) => { delete csaf.vulnerabilities[0].notes },
  'no products': (csaf) => { delete csaf.product_tree },
  'two statuses': (csaf) => {
    const products = Object.values(csaf.vulnerabilities[0].product_status)[0]
    csaf.vulnerabilities[0].product_status = { fixed: products, known_affected: products }
  },
  'nothing to be done about what is open': (csaf) => {
    for (const one of csaf.vulnerabilities) delete one.remediations
  },
  'no reason why it is not affected': (csaf) => { for (const one of csaf.vulnerabilities) delete one.flags },
}

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, 'utf8')
  const found = await problems(JSON.parse(text))
  if (found.length > 0) fail(`${file}:\n${found.join('\n')}`)
  if (JSON.parse(text).document.category !== 'csaf_vex') fail(`${file} is of another profile`)
  for (const [name, change] of Object.entries(ways)) {
    const broken = JSON.parse(text)
    change(broken)
    if ((await problems(broken)).length === 0) fail(`${file} with ${name} is let pass`)
  }
  console.log(`ok: ${file}: ${tests.length} tests`)
}
