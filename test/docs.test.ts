/** Documents agree with the code: variables, events and permissions, scripts, commands, API paths, links. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readGenerated } from '../scripts/generated.ts'
import { readConfig, VARIABLES } from '../src/config.ts'
import { api } from '../src/dashboard/api/app.ts'
import type { DashboardDeps } from '../src/dashboard/deps.ts'
import { parseCorrection, parseFlakeReport, parseHunt, parseRetests } from '../src/domain/command.ts'
import { COMMANDS } from '../src/features/all.ts'
import { EVENTS } from '../src/intake/events/translate.ts'
import { commandSection } from '../src/texts/help.ts'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const readText = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const documents = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

describe('.env.example', () => {
  const lines = readText('.env.example').split('\n')
  const named = lines.flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? [])

  test('has every variable that the program reads, and no other', () => {
    expect(named.length).toBeGreaterThan(5)
    expect([...named].sort()).toEqual([...VARIABLES].sort())
  })

  test('describes each variable', () => {
    for (const name of named) {
      const above = lines[lines.findIndex((line) => line.startsWith(`${name}=`)) - 1]
      expect([name, above]).toEqual([name, expect.stringMatching(/^# \S.+\.$|^# \S.*\)\.$/)])
    }
  })

  test('is a valid environment and gives no secret a default', () => {
    const env = Object.fromEntries(
      lines.flatMap((line) => (/^[A-Z_]+=/.test(line) ? [line.split('=', 2)] : [])),
    )
    expect(readConfig(env).app).toBeNull()
    expect([env.WEBHOOK_SECRET, env.PRIVATE_KEY, env.APP_ID]).toEqual(['', '', ''])
  })
})

describe('app.yml', () => {
  const manifest = parse(readText('app.yml')) as {
    default_permissions: Record<string, 'read' | 'write'>
    default_events: string[]
  }
  /** The permission that each event requires. Source: docs.github.com, "Webhook events and payloads". */
  const NEEDED: Record<string, string | null> = {
    check_run: 'checks',
    check_suite: 'checks',
    status: 'statuses',
    workflow_run: 'actions',
    workflow_job: 'actions',
    pull_request: 'pull_requests',
    pull_request_review: 'pull_requests',
    pull_request_review_comment: 'pull_requests',
    issue_comment: 'issues',
    merge_group: 'merge_queues',
    repository: 'metadata',
    push: 'contents',
    branch_protection_rule: 'administration',
    repository_ruleset: 'administration',
    // GitHub sends these to every app; they cannot be selected.
    installation: null,
    installation_repositories: null,
  }
  /** Permissions that only API calls need. */
  const CALLS = ['contents', 'issues']

  test('requests every event that is translated, except those that need the permission administration', () => {
    const granted = Object.keys(EVENTS).filter((event) => {
      const permission = NEEDED[event]
      expect([event, permission]).not.toEqual([event, undefined])
      return permission !== null && permission !== 'administration'
    })
    expect([...manifest.default_events].sort()).toEqual(granted.sort())
  })

  test('explains in a comment why it leaves events out', () => {
    const text = readText('app.yml')
    for (const event of Object.keys(EVENTS)) {
      if (NEEDED[event] === 'administration') expect(text).toMatch(new RegExp(`^#.*${event}`, 'm'))
    }
  })

  test('requests the permissions that its events and calls need, and no others', () => {
    const needed = new Set([...manifest.default_events.flatMap((event) => NEEDED[event] ?? []), ...CALLS])
    expect(Object.keys(manifest.default_permissions).sort()).toEqual([...needed].sort())
  })

  test('requests write access only to issues and checks', () => {
    const written = Object.entries(manifest.default_permissions).filter(([, access]) => access !== 'read')
    expect(written).toEqual([
      ['checks', 'write'],
      ['issues', 'write'],
    ])
  })

  test('requests each permission that a write needs, or names it as optional', () => {
    const PERMISSION: Record<string, string> = { reactions: 'issues' }
    const text = readText('app.yml')
    const sources = readdirSync(join(ROOT, 'src/github')).map((name) => readText(join('src/github', name)))
    const writes = sources.flatMap((source) =>
      [
        ...source.matchAll(
          /octokit\.rest\.(\w+)\.((?:create|update|delete|reRun|rerequest|cancel|add|set)\w*)/g,
        ),
      ].map(([, of = '', call = '']) => [call, PERMISSION[of] ?? of] as const),
    )
    expect(writes).toContainEqual(['reRunJobForWorkflowRun', 'actions'])
    const missing = writes.filter(
      ([, name]) =>
        manifest.default_permissions[name] !== 'write' &&
        !new RegExp(`^ {2}# Optional: ${name}: write\\b`, 'm').test(text),
    )
    expect(missing).toEqual([])
  })

  test('explains each permission in the line above it', () => {
    const lines = readText('app.yml').split('\n')
    for (const [name, access] of Object.entries(manifest.default_permissions)) {
      const above = lines[lines.indexOf(`  ${name}: ${access}`) - 1]
      expect([name, above]).toEqual([name, expect.stringMatching(/^ {2}# \S/)])
    }
  })
})

test('CONTRIBUTING names only files and folders that exist', () => {
  const paths = [
    ...readText('CONTRIBUTING.md').matchAll(/`((?:src|docs|migrations|test)\/[^`\s]*|app\.yml)`/g),
  ]
  expect(paths.length).toBeGreaterThan(10)
  expect(paths.map((match) => match[1] ?? '').filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

describe.each(documents)('%s', (document) => {
  const text = readText(document)

  test('names only scripts that exist', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> }
    const named = [...text.matchAll(/npm run (?:-s )?([\w:]+)/g)].map((match) => match[1] ?? '')
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })

  test('names only commands that exist', () => {
    const sources = readdirSync(join(ROOT, 'src/cli'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readText(join('src/cli', name)))
    const commands = sources.flatMap((source) =>
      [...source.matchAll(/new Command\('([\w-]+)'\)/g)].map((match) => match[1]),
    )
    expect(commands).toContain('replay')
    const named = [...text.matchAll(/(?:cli --|npx flake-sla) ([a-z][\w-]*)/g)].map((match) => match[1])
    expect(named.filter((name) => !commands.includes(name))).toEqual([])
  })

  test('links only to existing files and headings', () => {
    const prose = text.replace(/```[\s\S]*?```/g, '')
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '')
    const broken = links.filter((link) => !/^[a-z]+:/.test(link) && !leadsSomewhere(document, link))
    expect(broken).toEqual([])
  })
})

test('docs/api.md lists every path of the API', () => {
  const app = api({} as DashboardDeps)
  const { paths = {} } = app.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } })
  const text = readText('docs/api.md')
  expect(Object.keys(paths).length).toBeGreaterThan(10)
  expect(Object.keys(paths).filter((path) => !text.includes(`| \`${path}\` `))).toEqual([])
  const tables = app.routes.map(({ path }) => path).filter((path) => path.endsWith('.csv'))
  expect(tables.length).toBeGreaterThan(20)
  const isListed = (path: string) => {
    const parts = path.split('/').map((part) => (part.startsWith(':') ? `{${/\w+/.exec(part)}}` : part))
    const name = parts.join('/').replace('{job}', '{job_id}')
    const below =
      /^(\/repositories\/\{owner\}\/\{repo\}(?:\/(?:jobs|pulls|flakes\/\{sha\})\/\{\w+\})?)(\/.+)$/.exec(name)
    if (!below) return text.includes(`\`${name}\``)
    const item = text.split('\n- ').find((line) => line.startsWith(`Below \`${below[1]}\``))
    return item?.includes(`\`${below[2]}\``) ?? false
  }
  expect(tables.filter((path) => !isListed(path))).toEqual([])
})

test('there are documents to check, and the README names scripts and commands', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'docs/architecture.md', 'docs/decisions.md']),
  )
  expect(readText('README.md')).toMatch(/npm run demo[\s\S]*cli -- replay/)
})

test('the README lists the commands as the program does; npm run docs renews it', () => {
  // The padding of columns does not matter.
  const plain = (text: string) =>
    text
      .replace(/-{3,}/g, '---')
      .replace(/[^\S\n]+/g, ' ')
      .trim()
  expect(plain(readGenerated(readText('README.md'), 'commands'))).toBe(
    plain(commandSection(COMMANDS).join('\n')),
  )
})

const isUnderstood = (example: string) =>
  parseFlakeReport(example) !== null ||
  parseCorrection(example) !== null ||
  parseHunt(example) !== null ||
  parseRetests(example).length > 0

test('every documented command is parsed, and every command is documented', () => {
  for (const { example } of COMMANDS) expect([example, isUnderstood(example)]).toEqual([example, true])
  const usages = COMMANDS.map(({ usage }) => usage).join(' ')
  for (const word of ['/flake-report', '/flake not-mine', '/retest', '/retest-required', '/test', '/hunt'])
    expect(usages).toContain(word)
})

/** Whether a relative link names a file, and its anchor a heading there. */
function leadsSomewhere(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? join(ROOT, from) : join(ROOT, dirname(from), decodeURI(path))
  if (!existsSync(target) || relative(ROOT, target).startsWith('..')) return false
  if (anchor === undefined || !target.endsWith('.md')) return true
  const headings = readFileSync(target, 'utf8').matchAll(/^#+ (.+)$/gm)
  return [...headings].some((match) => slugOf(match[1] ?? '') === anchor)
}

/** The anchor that GitHub gives a heading. */
function slugOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}
