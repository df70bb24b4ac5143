/** The histories that the surfaces are asked about: made-up days, a simulated organisation, and real projects. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Delivery } from '../../src/intake/prepare.ts'
import { simulatedDeliveries } from '../../src/simulate/simulate.ts'
import { checkRunDelivery, pullRequestDelivery, workflowRunDelivery } from './deliveries.ts'
import { aHistory } from './simulation.ts'

export interface History {
  name: string
  /** Why it cannot be read here. */
  missing?: string | undefined
  read(): Delivery[]
}

/** The folder with `deliveries/NAME.ndjson.gz`: recorded projects are too large for the repository. */
export const DATA = process.env.FLAKE_SLA_DATA

const DAY = 24 * 60

/** A pull request on which `job` fails and passes: in attempts of one workflow run, or in runs of two suites. */
function flaky(number: number, job: string, minute: number, isStrong: boolean): Delivery[] {
  const headSha = number.toString(16).padStart(40, '0')
  const run = { headSha, name: job, headBranch: `topic-${number}` }
  const suite = number * 10
  const attempts = isStrong
    ? [
        workflowRunDelivery({ headSha, suite, attempt: 1, minute: minute + 3, conclusion: 'failure' }),
        workflowRunDelivery({ headSha, suite, attempt: 2, minute: minute + 4 }),
      ]
    : [
        workflowRunDelivery({ headSha, suite, minute: minute + 3, conclusion: 'failure' }),
        workflowRunDelivery({ headSha, suite: suite + 1, minute: minute + 4 }),
      ]
  return [
    pullRequestDelivery({ number, headSha, minute, openedMinute: minute }),
    ...attempts,
    checkRunDelivery({ ...run, id: suite, suite, minute: minute + 5, conclusion: 'failure' }),
    checkRunDelivery({ ...run, id: suite + 1, suite: isStrong ? suite : suite + 1, minute: minute + 9 }),
  ]
}

/** `e2e` flakes three times on moved bases, `unit` and `lint` once on the same base; late in the evening, and for six weeks. */
function weakAndStrong(): Delivery[] {
  return Array.from({ length: 6 }, (_, week) => {
    const minute = week * 7 * DAY + 13 * 60
    const first = 100 + week * 10
    return [
      ...[0, 1, 2].flatMap((i) => flaky(first + i, 'e2e', minute + i * 31, false)),
      ...flaky(first + 3, 'unit', minute + 100, true),
      ...flaky(first + 4, 'lint', minute + 3 * 60, true),
    ]
  }).flat()
}

function recorded(name: string): History {
  const path = DATA && join(DATA, 'deliveries', `${name}.ndjson.gz`)
  const isThere = path !== undefined && existsSync(path)
  return {
    name: `the real project ${name}`,
    missing: isThere ? undefined : `set FLAKE_SLA_DATA to a folder with deliveries/${name}.ndjson.gz`,
    read: () => readDeliveries(path ?? ''),
  }
}

/** The deliveries of a compressed NDJSON file. */
export function readDeliveries(path: string): Delivery[] {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Delivery)
}

export const HISTORIES: History[] = [
  { name: 'weak and strong flakes', read: weakAndStrong },
  { name: 'a simulated organisation', read: () => simulatedDeliveries(aHistory('steady', 30), 1) },
  recorded('james'),
  recorded('jackrabbit-oak'),
]
