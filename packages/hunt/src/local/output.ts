/** A run writes its output directly to a file, which costs the hunt nothing and keeps both streams in order. */
import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'

/** The middle of longer output is left out: the beginning shows what was tried, the end what went wrong. */
const HEAD_BYTES = 256 * 1024
const TAIL_BYTES = 768 * 1024
/** A run with endless output must not fill the disk. */
const MAX_BYTES = 1024 ** 3

export interface OutputFile {
  /** For standard output and standard error of the process. */
  fd: number
  clear(): void
  read(): string
  /** Empties the file when it is larger than 1 GiB. */
  limit(): void
  close(): void
}

/** @param path a file to create; several processes may append to it */
export function openOutput(path: string): OutputFile {
  const fd = openSync(path, 'a+', 0o600)
  const clear = () => ftruncateSync(fd, 0)
  return {
    fd,
    clear,
    read: () => readEnds(fd),
    limit() {
      if (fstatSync(fd).size > MAX_BYTES) clear()
    },
    close: () => closeSync(fd),
  }
}

function readEnds(fd: number): string {
  const { size } = fstatSync(fd)
  if (size <= HEAD_BYTES + TAIL_BYTES) return readAt(fd, 0, size)
  const left = size - HEAD_BYTES - TAIL_BYTES
  return `${readAt(fd, 0, HEAD_BYTES)}\n[… ${left.toLocaleString('en')} bytes left out …]\n${readAt(fd, size - TAIL_BYTES, TAIL_BYTES)}`
}

function readAt(fd: number, from: number, length: number): string {
  const buffer = Buffer.alloc(length)
  const got = readSync(fd, buffer, 0, length, from)
  return buffer.subarray(0, got).toString('utf8')
}
