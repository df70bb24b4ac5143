/**
 * The demo: runs the real server on the embedded database against a fake GitHub on this machine, and sends it signed webhooks
 * from a made-up history or a recorded file. It needs no account and no network.
 */
import { parseArgs } from 'node:util'
import { isUserError } from '../src/domain/user-error.ts'
import { type DemoResult, runDemo } from './run.ts'
import { demoText } from './text.ts'

const USAGE = 'Usage: npm run demo [-- --once] [--file deliveries.ndjson.gz]'

try {
  const { values } = parseArgs({
    options: { once: { type: 'boolean' }, file: { type: 'string' }, help: { type: 'boolean' } },
  })
  if (values.help) process.stdout.write(`${USAGE}\n`)
  else await demo(values.file ?? null, values.once ?? false)
} catch (error) {
  const { code, message } = error as { code?: string; message: string }
  process.stderr.write(code?.startsWith('ERR_PARSE_ARGS') ? `${message}\n${USAGE}\n` : `${message}\n`)
  process.exit(isUserError(error) || code?.startsWith('ERR_PARSE_ARGS') ? 2 : 1)
}

async function demo(file: string | null, once: boolean): Promise<void> {
  const result = await runDemo({
    file,
    port: Number(process.env.PORT ?? 3000),
    say: (line) => process.stderr.write(`${line}\n`),
  })
  process.stdout.write(demoText(result, once))
  if (once) return result.close()
  await untilStopped(result)
}

function untilStopped(result: DemoResult): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => void result.close().then(resolve)
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  })
}
