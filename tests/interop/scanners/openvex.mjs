// SPDX-License-Identifier: Apache-2.0
//
// openvex.mjs FILE...: each keeps to what OpenVEX 0.2.0 says a document must and may have. The schema here is our
// reading of the specification; where its text and its published schema differ, it takes what both allow.
import { readFileSync } from 'node:fs'
import Ajv from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

const text = { type: 'string', minLength: 1 }
const iri = { type: 'string', format: 'uri' }
const time = { type: 'string', format: 'date-time' }
const closed = (properties, required) => ({ type: 'object', additionalProperties: false, properties, required })
const set = (items) => ({ type: 'array', minItems: 1, uniqueItems: true, items })
const when = (status, then) => ({ if: { properties: { status: { const: status } } }, then })

const product = {
  '@id': iri,
  identifiers: closed({ purl: { type: 'string', pattern: '^pkg:[a-z]+/' } }, ['purl']),
}
const statement = {
  ...closed(
    {
      vulnerability: closed({ name: { type: 'string' } }, ['name']),
      products: set(closed(product, ['@id'])),
      status: { enum: ['not_affected', 'affected', 'fixed', 'under_investigation'] },
      status_notes: text,
      justification: {
        enum: [
          'component_not_present',
          'vulnerable_code_not_present',
          'vulnerable_code_not_in_execute_path',
          'vulnerable_code_cannot_be_controlled_by_adversary',
          'inline_mitigations_already_exist',
        ],
      },
      action_statement: text,
    },
    ['vulnerability', 'products', 'status'],
  ),
  allOf: [when('not_affected', { required: ['justification'] }), when('affected', { required: ['action_statement'] })],
}
const schema = closed(
  {
    '@context': { const: 'https://openvex.dev/ns/v0.2.0' },
    '@id': iri,
    author: text,
    timestamp: time,
    version: { type: 'integer', minimum: 1 },
    tooling: text,
    statements: set(statement),
  },
  ['@context', '@id', 'author', 'timestamp', 'version', 'statements'],
)

const ajv = new Ajv({ allErrors: true, strict: false })
formats(ajv)
const valid = ajv.compile(schema)
const ways = {
  'no statements': (vex) => { vex.statements = [] },
  'no author': (vex) => { delete vex.author },
  'a time without a zone': (vex) => { vex.timestamp = '2026-11-24T10:00:00' },
  'a status of its own': (vex) => { vex.statements[0].status = 'patched' },
  'no reason why it is not affected': (vex) => { for (const one of vex.statements) delete one.justification },
  'nothing to be done about what is open': (vex) => { for (const one of vex.statements) delete one.action_statement },
}

function fail(message) {
  console.error(`FAILED: ${message}`)
  process.exitCode = 1
}

for (const file of process.argv.slice(2)) {
  const document = readFileSync(file, 'utf8')
  if (!valid(JSON.parse(document))) fail(`${file}:\n${JSON.stringify(valid.errors, null, 1)}`)
  for (const [name, change] of Object.entries(ways)) {
    const broken = JSON.parse(document)
    change(broken)
    if (valid(broken)) fail(`${file} with ${name} is let pass`)
  }
  console.log(`ok: ${file}`)
}
