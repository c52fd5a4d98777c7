# syntax=docker/dockerfile:1
# One static binary on an almost empty base. Both images name their Debian release; change them together.
ARG RUST=1.95
FROM rust:${RUST}-slim-bookworm AS manifest
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
# Benchmarks are not in the build context, and lints do not affect the image: without their lines, editing them does not
# invalidate the layer of dependencies.
RUN sed -i -e '/^\[\[bench\]\]/,/^$/d' -e '/^\[lints/,/^$/d' Cargo.toml

FROM rust:${RUST}-slim-bookworm AS build
WORKDIR /build
# glibc is linked statically, so the image needs no libc. Compared with a dynamic build: the same CPU per request and memory
# per request in flight (the allocator is the same), 1.9 MB less when idle.
# With an explicit target the flag does not apply to procedural macros, which cannot be static.
ENV RUSTFLAGS="-C target-feature=+crt-static" CARGO_TERM_COLOR=never
RUN rustc -vV | sed -n 's/^host: //p' > /target-triple

# Dependencies only: this layer is reused until the manifest or Cargo.lock changes.
COPY --from=manifest /build/ ./
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    mkdir src && touch src/lib.rs && echo 'fn main() {}' > src/main.rs \
 && cargo build --release --locked --target "$(cat /target-triple)"

COPY src src
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    touch src/lib.rs src/main.rs \
 && cargo build --release --locked --target "$(cat /target-triple)" \
 && cp "target/$(cat /target-triple)/release/httpserver" /httpserver

FROM gcr.io/distroless/static-debian12:nonroot
ARG VERSION=dev
ARG REVISION=unknown
LABEL org.opencontainers.image.title="httpserver" \
      org.opencontainers.image.description="An HTTP service whose latency is known, and commands that check a monitoring pipeline against it" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /httpserver /httpserver
# Numeric, so that Kubernetes can verify that it is not root.
USER 65532:65532
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["/httpserver", "healthcheck"]
ENTRYPOINT ["/httpserver"]
