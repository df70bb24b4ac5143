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
