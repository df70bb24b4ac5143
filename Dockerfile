FROM node:24-slim
WORKDIR /app
COPY package.json package-lock.json ./
COPY packages ./packages
# No dependency needs its install script at run time.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY app.yml ./
COPY migrations ./migrations
COPY src ./src
# The embedded database writes its lock file next to its folder, so both are in the volume.
RUN mkdir /data && chown nobody:nogroup /data
VOLUME /data
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data/flake-sla
USER nobody
EXPOSE 3000
# A second layer besides the read-only root: the process may write to /data only, start no other program and load no native code.
CMD ["node", "--permission", "--allow-fs-read=*", "--allow-fs-write=/data", "src/main.ts"]
