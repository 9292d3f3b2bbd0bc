FROM swift:6.3.1-bookworm AS build
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        librdkafka-dev libsimdjson-dev libsqlite3-dev zlib1g-dev libzstd-dev pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Package.swift ./
COPY Sources Sources
COPY Tests Tests
RUN swift build -c release --product meterd --static-swift-stdlib \
    && cp "$(swift build -c release --show-bin-path)/meterd" /usr/local/bin/meterd

FROM debian:bookworm-slim
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        ca-certificates curl librdkafka1 libsimdjson14 libsqlite3-0 libstdc++6 libzstd1 zlib1g tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --home-dir /var/lib/meterd --create-home meterd
COPY --from=build /usr/local/bin/meterd /usr/local/bin/meterd
USER meterd
WORKDIR /var/lib/meterd
VOLUME /var/lib/meterd
EXPOSE 8888
# Over TLS where the configuration has a certificate; whose it is does not matter here.
HEALTHCHECK --interval=10s --timeout=3s --retries=3 \
    CMD curl --silent --fail http://127.0.0.1:8888/healthz || curl --silent --fail --insecure https://127.0.0.1:8888/healthz
ENTRYPOINT ["meterd"]
CMD ["serve", "--config", "/etc/meterd/meterd.yaml"]
