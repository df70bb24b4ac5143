/** What kind of files a pull request changes, from the point of view of one job. */
import { describe, expect, test } from 'vitest'
import { changedOf } from '../../../src/domain/attribution/changed-files.ts'

const job = { name: 'e2e', workflow: '.github/workflows/e2e.yml' }
const paths = [
  { glob: 'site/*', jobs: [] },
  { glob: 'tests/unit/*', jobs: ['unit*'] },
  { glob: 'tests/e2e/*', jobs: ['e2e'] },
]

describe('changedOf', () => {
  test.each([
    [null, 'unknown'],
    [[], 'unknown'],
    [['README.md', 'docs/a/b.png', 'LICENSE'], 'docs'],
    [['README.md', 'src/main.ts'], 'code'],
    [['.github/workflows/e2e.yml', 'README.md'], 'workflow'],
    [['.github/workflows/unit.yml'], 'code'],
    [['site/index.html'], 'docs'],
    [['tests/unit/a.ts', 'README.md'], 'tests'],
    [['tests/unit/a.ts', 'tests/e2e/b.ts'], 'code'],
    [['other/tests/a.ts'], 'code'],
  ] as const)('%j are %s', (files, expected) => {
    expect(changedOf(files, job, paths)).toBe(expected)
  })
})

test.each([
  ['docs/guide.png', 'docs'],
  ['doc/guide.png', 'docs'],
  ['documentation/guide.png', 'docs'],
  ['packages/a/docs/guide.png', 'docs'],
  ['mydocs/main.ts', 'code'],
  ['docs.ts', 'code'],
  ['src/docs.ts', 'code'],
  ['a.md', 'docs'],
  ['a.mdx', 'docs'],
  ['a.markdown', 'docs'],
  ['a.rst', 'docs'],
  ['a.adoc', 'docs'],
  ['a.txt', 'docs'],
  ['a.MD', 'docs'],
  ['a.md.ts', 'code'],
  ['cmd', 'code'],
  ['LICENSE', 'docs'],
  ['packages/a/NOTICE', 'docs'],
  ['AUTHORS', 'docs'],
  ['OWNERS', 'docs'],
  ['.github/CODEOWNERS', 'docs'],
  ['changelog', 'docs'],
  ['MYLICENSE', 'code'],
  ['LICENSE.ts', 'code'],
])('without settings, the file %s is %s', (file, kind) => {
  expect(changedOf([file], job, [])).toBe(kind)
})

test.each<[string, string[], { name: string; workflow: string | null }, string]>([
  ['the first glob of the settings that matches applies', ['tests/unit/a.md'], job, 'tests'],
  ['the settings take precedence over the file name', ['tests/e2e/README.md'], job, 'code'],
  [
    'a workflow that is not known is not among the files',
    ['src/main.ts'],
    { ...job, workflow: null },
    'code',
  ],
  ['the globs of jobs match other jobs', ['tests/unit/a.ts'], { ...job, name: 'unit (3)' }, 'code'],
])('%s', (_rule, files, ofJob, kind) => {
  expect(changedOf(files, ofJob, [...paths, { glob: 'tests/*', jobs: ['e2e'] }])).toBe(kind)
})
