import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

test('whoever has read enough and closes the pipe hears of no error', { timeout: 30_000 }, async () => {
  const child = spawn(process.execPath, [MAIN, 'simulate', '--seed', '1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = text(child.stderr)
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [code] = await once(child, 'exit')
  expect({ code, said: await said }).toEqual({ code: 0, said: '' })
})
