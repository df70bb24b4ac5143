/** Keys derived from the installation's secret, one per use, and signing and encryption with them. */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { isSameSecret } from '../../same-secret.ts'

export type Use = 'cookie' | 'token' | 'picture'

/** A 32-byte key for one use, so that a signature for one use is invalid for every other. */
export function keyFor(secret: string, use: Use): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `flake-sla ${use}`, 32))
}

/** 256 random bits. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export function sign(secret: string, use: Use, text: string): string {
  return createHmac('sha256', keyFor(secret, use)).update(text).digest('base64url')
}

/** Whether `signature` is valid, compared in constant time. */
export function isSignedBy(secret: string, use: Use, text: string, signature: string): boolean {
  return isSameSecret(signature, sign(secret, use, text))
}

/** Encrypts with AES-256-GCM. The result holds nonce, tag and ciphertext. */
export function seal(secret: string, text: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyFor(secret, 'token'), nonce)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url')
}

/** Decrypts; null if the text was changed or encrypted with another secret. */
export function unseal(secret: string, sealed: string): string | null {
  try {
    const bytes = Buffer.from(sealed, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', keyFor(secret, 'token'), bytes.subarray(0, 12), {
      authTagLength: 16,
    })
    decipher.setAuthTag(bytes.subarray(12, 28))
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}
