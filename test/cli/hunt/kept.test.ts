/** Stored hunts on the command line, from `--name` to the table of a series. */

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Comparison } from '@flake-sla/hunt'
import { expect, test } from 'vitest'
import { createServerDatabase } from '../../support/database.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** A separate folder, and a database on the server, which opens faster than an embedded one. */
async function here() {
  const DATABASE_URL = await createServerDatabase()
  const cwd = mkdtempSync(join(tmpdir(), 'flake-sla-test-'))
  return {
    cwd,
    hunt(...words: string[]) {
      const options = {
        cwd,
        encoding: 'utf8',
        env: { ...process.env, DATABASE_URL },
      } as const
      return spawnSync(process.execPath, [MAIN, 'hunt', ...words], options)
    },
  }
}

test('a series is stored, gets a note and is listed as one table', { timeout: 120_000 }, async () => {
  const { cwd, hunt } = await here()
  const settings = ['--runs', '8', '--all-runs', '--parallel', '2', '--tool', 'node', '--note', 'on mains']
  const first = hunt(...settings, '--name', 'cache', '--', 'sh', '-c', '[ $FLAKE_SLA_RUN != 3 ]')
  expect(first.stderr).toMatch(/Stored as cache\./)
  hunt(...settings, '--name', 'cache', '--change', 'pool of 4', '--', 'true')
  expect(hunt('note', 'cache-2', 'quiet', 'machine').stdout).toBe('Added the note to cache-2.\n')

  const [head, withFailure, withoutFailure] = hunt('list').stdout.split('\n')
  expect(head).toMatch(/^Hunt +Changed +Runs +Failed +Pass rate +Target +Clustered +Differs +Notes$/)
  expect(withFailure).toMatch(
    /^cache +8 +1 +87\.5% .* 99\.9% undecided +no sign +command sh -c \[ \$FLAKE_SLA_RUN != 3 \] +on mains$/,
  )
  expect(withoutFailure).toMatch(
    /^cache-2 +pool of 4 +8 +0 +100% .* command true +on mains \/ quiet machine$/,
  )

  const { hunts } = JSON.parse(hunt('list', '--json').stdout) as { hunts: { environment: object }[] }
  expect(hunts[0]?.environment).toMatchObject({ node: `${process.version}` })
  expect(hunt('show', 'cache').stdout).toBe(first.stdout)
  expect(hunt('--compare', 'cache', 'cache-2').stdout).toMatch(/^Undecided; about \d+ more runs/)

  for (const [words, sentence] of [
    [['show', 'nothing'], /no hunt nothing\. See hunt list/],
    [['note', 'cache'], /Give the text/],
    [['--compare', 'cache', 'nothing'], /nothing is neither a completed stored hunt/],
    [['--job', 'unit', '--', 'true'], /--repository/],
    [
      ['--name', 'x', '--database-url', '/dev/null/x', '--', 'touch', 'ran'],
      /data folder .* cannot be created or locked/,
    ],
  ] as const) {
    const { status, stderr } = hunt(...words)
    expect([words, status, stderr]).toEqual([words, 2, expect.stringMatching(sentence)])
  }
  expect(readdirSync(cwd)).toEqual([])
})

test('a program that is called list is run when it comes after --', async () => {
  const { hunt } = await here()
  expect(hunt('--', 'list').stderr).toMatch(/no program list/)
})

test('a command at two revisions, in turn', { timeout: 60_000 }, async () => {
  const { cwd, hunt } = await here()
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', cwd, '-c', 'user.name=x', '-c', 'user.email=x@example.org', ...words], {
      stdio: 'pipe',
    })
  const commit = (script: string, tag: string) => {
    writeFileSync(join(cwd, 'test.sh'), script)
    git('add', 'test.sh')
    git('commit', '--quiet', '-m', tag)
    git('tag', tag)
  }
  git('init', '--quiet')
  commit('exit $((FLAKE_SLA_RUN / 2 % 2))\n', 'before')
  commit('exit 0\n', 'after')
  const { status, stdout } = hunt(
    '--json',
    '--runs',
    '20',
    '--parallel',
    '4',
    '--compare',
    'before',
    'after',
    '--',
    'sh',
    'test.sh',
  )
  const comparison = JSON.parse(stdout) as Comparison
  expect(comparison.before).toMatchObject({ name: 'before', passed: 10, failed: 10 })
  expect(comparison.after).toMatchObject({ name: 'after', passed: 20, failed: 0 })
  expect([comparison.decision, status]).toEqual(['better', 0])
  expect(hunt('--compare', 'before', 'nowhere', '--', 'true').stderr).toMatch(/nowhere is not a revision/)
})
