/** Finds the program before anything runs, so that a missing program is one error and not a thousand failures. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { UserError } from '../user-error.ts'

const SHELL = '/bin/sh'

/**
 * @param command a single argument that contains a space is passed to the shell
 * @returns the command with the path of its program; a relative path stays relative
 * @throws UserError when there is no such program
 */
export function findProgram(
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): readonly string[] {
  const [program = '', ...args] = command
  if (args.length === 0 && /\s/.test(program)) return [SHELL, '-c', program]
  const places = program.includes('/')
    ? [program]
    : (env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))
  const found = places.find((path) => isExecutable(isAbsolute(path) ? path : resolve(cwd, path)))
  if (found !== undefined) return [found, ...args]
  if (program.includes('/') && statSync(resolve(cwd, program), { throwIfNoEntry: false })?.isFile())
    throw new UserError(`${program} is not executable. Run chmod +x on it, or put its interpreter before it.`)
  throw new UserError(`There is no program ${program || '""'}. Check that it is installed and on the PATH.`)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
