/** Which pushes to a branch belong to a pull request. */
import { describe, expect, test } from 'vitest'
import { pushedFiles } from '../../src/domain/pushed-files.ts'

type Push = Parameters<typeof pushedFiles>[1][number]

const pushOf = (before_sha: string, head_sha: string, ...files: string[]): Push => ({
  ...{ head_sha, before_sha, created: before_sha === '0', files },
})
const NO_MERGES = new Set<string>()

describe('a pull request changes', () => {
  const first = [pushOf('0', 'a', 'ci.yml'), pushOf('a', 'b', 'src/x.ts')]

  test.each<[string, string, Push[], string[], string[] | null]>([
    ['the files of all pushes since its branch was created', 'b', first, [], ['ci.yml', 'src/x.ts']],
    ['the files of an earlier head, without later ones', 'a', first, [], ['ci.yml']],
    [
      'only the files since its branch was created again',
      'd',
      [...first, pushOf('0', 'c', 'docs/a.md'), pushOf('c', 'd', 'docs/b.md')],
      [],
      ['docs/a.md', 'docs/b.md'],
    ],
    [
      'only the files since an earlier pull request of its branch was merged',
      'c',
      [...first, pushOf('b', 'c', 'docs/a.md')],
      ['b'],
      ['docs/a.md'],
    ],
    [
      'the files of an earlier pull request that was not merged, too',
      'c',
      [...first, pushOf('b', 'c', 'docs/a.md')],
      [],
      ['ci.yml', 'docs/a.md', 'src/x.ts'],
    ],
    [
      'the files of both pushes when its branch went back to an earlier commit',
      'a',
      [...first, pushOf('b', 'a')],
      [],
      ['ci.yml', 'src/x.ts'],
    ],
    ['unknown files when a push is missing', 'c', [...first, pushOf('x', 'c', 'docs/a.md')], [], null],
    ['unknown files when its own push is missing', 'z', first, [], null],
    ['unknown files when the payload did not say what came before', 'c', [pushOf('', 'c', 'a')], [], null],
    [
      'unknown files when a push does not list them all',
      'a',
      [{ ...pushOf('0', 'a'), files: null }],
      [],
      null,
    ],
    ['unknown files when it adds nothing to a merged head', 'b', first, ['b'], null],
  ])('%s', (_rule, head, pushes, merged, files) => {
    expect(pushedFiles(head, pushes, new Set(merged))).toEqual(files)
    expect(pushedFiles(head, pushes.toReversed(), new Set(merged))).toEqual(files)
  })
})

test('a long branch is followed in linear time', () => {
  const pushes = Array.from({ length: 20_000 }, (_, i) => pushOf(String(i), String(i + 1), `f${i % 10}`))
  const started = performance.now()
  expect(pushedFiles('20000', pushes, NO_MERGES)).toHaveLength(10)
  expect(performance.now() - started).toBeLessThan(1000)
})
