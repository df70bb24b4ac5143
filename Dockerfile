FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages ./packages
# What runs needs no package's install script.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY app.yml ./
COPY migrations ./migrations
COPY src ./src
# The lock of the embedded database lies beside its folder, so both lie in the volume.
RUN mkdir /data && chown nobody:nogroup /data
VOLUME /data
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data/flake-sla
USER nobody
EXPOSE 3000
# Beside a read-only root: no file written elsewhere, no other program started, no native code loaded.
CMD ["node", "--permission", "--allow-fs-read=*", "--allow-fs-write=/data", "src/main.ts"]
