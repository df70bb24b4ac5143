/** Hostile URLs: parameters, filters and paths of the dashboard and its API. */
import { dashboard } from '../../src/dashboard/app.ts'
import type { Db } from '../../src/db/schema.ts'
import { DEFAULT_SETTINGS } from '../../src/domain/settings.ts'
import type { Random } from '../../src/simulate/random.ts'
import { eachInput, type Target } from './target.ts'
import { anyText } from './values.ts'

const NOW = Date.UTC(2026, 1, 4)
const PATHS = [
  ...['', '/grid', '/months', '/incidents', '/accuracy', '/jobs/1', '/pull/7', '/trend.svg', '/jobs/'],
  `/flakes/${'a'.repeat(40)}/1`,
]
const API = [
  '',
  '/windows',
  '/jobs',
  '/flakes',
  '/grid',
  '/jobs/1',
  '/pulls/7',
  '/windows.csv',
  '/flakes.csv',
]
const PARAMETERS = [
  ...[
    'job',
    'sort',
    'width',
    'page',
    'from',
    'to',
    'kind',
    'limit',
    'cursor',
    'days',
    'attribution',
    'job_id',
    'key',
  ],
  ...['to', 'before', '__proto__', 'x[]', 'format'],
]
const VALUES = [
  ...[
    '0',
    '-1',
    '1',
    '999',
    '1000',
    '1e3',
    '99999999999999999999',
    'NaN',
    'day',
    'week',
    '2026-02-02',
    '0001-01-01',
  ],
  ...[
    '9999-12-31',
    '2026-02-30',
    '+275760-09-13T00:00:00Z',
    '-000001-01-01T00:00:00Z',
    'name',
    '40',
    '(a+)+$',
    '[',
    '\\',
    'a'.repeat(3000),
    'undetermined',
    '%',
    '%00',
  ],
  ...[Buffer.from('2026-02-02T00:00:00Z|aa|1').toString('base64url')],
  ...[Buffer.from('+275760-09-13T00:00:00Z|aa|9999999999999999').toString('base64url')],
  ...[Buffer.from('0|\0|1').toString('base64url')],
]

/** @param db a database with data to show; it is only read */
export function pageTarget(db: Db, fullName: string): Target {
  const pages = dashboard({
    db,
    now: () => NOW,
    settingsOf: async () => DEFAULT_SETTINGS,
    publicUrl: null,
    githubUrl: 'https://github.com',
  })
  return eachInput(
    { name: 'page', share: 0.01, make: (random) => makeAddress(random, fullName) },
    3000,
    async (address) => {
      // Concatenated, not resolved: a path that begins with two slashes would name another host.
      const answer = await pages.request(new Request(`http://here.invalid${address}`))
      const body = await answer.text()
      if (answer.status >= 500) return `answered ${answer.status}: ${body.slice(0, 200)}`
      if (/<script>alert|<img src=x|<script(?! src="\/assets\/)/.test(body))
        return 'holds markup of the address'
      const headers = [...answer.headers].join('\n')
      return /Set-Cookie: a=b/i.test(headers) ? 'holds a header of the address' : null
    },
  )
}

function makeAddress(random: Random, fullName: string): string {
  const isApi = random.chance(0.5)
  const repository = random.chance(0.8) ? fullName : `${part(random)}/${part(random)}`
  const path = isApi
    ? `/api/v1/repositories/${repository}${random.pick(API)}`
    : `/${repository}${random.pick(PATHS)}`
  const query = new URLSearchParams()
  while (random.chance(0.7)) {
    const name = random.chance(0.95) ? random.pick(PARAMETERS) : anyText(random)
    query.append(name, random.chance(0.6) ? random.pick(VALUES) : anyText(random))
  }
  const odd = random.chance(0.1)
    ? random.pick(['/', '//', '/%00', '/%ff', '/..', '/%2e%2e/%2e%2e', '%', '\\'])
    : ''
  return `${path}${odd}?${query}`.slice(0, 8000)
}

function part(random: Random): string {
  return random.chance(0.5) ? encodeURIComponent(anyText(random).toWellFormed()) : 'acme'
}
