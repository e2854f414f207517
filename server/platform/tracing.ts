import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { Config } from "../config.ts";

/* OpenTelemetry: one trace from a request through its transaction to consumers and sockets. Off, nothing of it is loaded. */

let isOn = false;
const tracer = trace.getTracer("taskwire");

/**
 * Sends spans to where OTEL_EXPORTER_OTLP_ENDPOINT says, by OTLP over HTTP; does nothing without it.
 *
 * @returns a function that sends what is left, and ends it
 */
export async function startTracing(config: Config, version: string): Promise<() => Promise<void>> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return async () => {};
  const [sdk, { OTLPTraceExporter }, { AsyncLocalStorageContextManager }, { W3CTraceContextPropagator }, resources] =
    await Promise.all([
      import("@opentelemetry/sdk-trace"),
      import("@opentelemetry/exporter-trace-otlp-http"),
      import("@opentelemetry/context-async-hooks"),
      import("@opentelemetry/core"),
      import("@opentelemetry/resources"),
    ]);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, "")}/v1/traces` });
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({
      "service.name": "taskwire",
      "service.version": version,
      "taskwire.roles": [...config.ROLES],
    }),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(config.OTEL_TRACES_SAMPLE_RATIO) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: 1_000 })],
  });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  isOn = true;
  return async () => {
    isOn = false;
    await provider.shutdown().catch(() => {}); // a collector that is away keeps nobody from ending
  };
}

interface SpanDescription {
  readonly name: string;
  readonly kind?: keyof typeof SpanKind;
  readonly attributes?: Attributes;
  /** `traceparent` (W3C Trace Context) of what led to this; default: what is under way. */
  readonly parent?: string | null | undefined;
}

/** Runs `work` within a span of its own; a failure marks the span. */
export async function traced<T>(description: SpanDescription, work: () => Promise<T>): Promise<T> {
  if (!isOn) return work();
  return tracer.startActiveSpan(description.name, optionsOf(description), parentOf(description), async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : "failed" });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Runs `begin`, and all that it sets off, within a span that lasts until the function it is given is called. */
export function tracedUntil(
  description: SpanDescription,
  begin: (end: (attributes: Attributes) => void) => void,
): void {
  if (!isOn) {
    begin(() => {});
    return;
  }
  tracer.startActiveSpan(description.name, optionsOf(description), parentOf(description), (span) =>
    begin((attributes) => {
      span.setAttributes(attributes);
      if (Number(attributes["http.response.status_code"]) >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    }),
  );
}

/** A span for something that happens now and takes no time worth telling. */
export function traceMoment(description: SpanDescription): void {
  if (isOn) tracer.startSpan(description.name, optionsOf(description), parentOf(description)).end();
}

/** What later readers of this work may name as their parent; null while nothing is traced. */
export function currentTraceparent(): string | null {
  if (!isOn) return null;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

const optionsOf = ({ kind = "INTERNAL", attributes = {} }: SpanDescription) => ({ kind: SpanKind[kind], attributes });

function parentOf({ parent }: SpanDescription): Context {
  return parent ? propagation.extract(ROOT_CONTEXT, { traceparent: parent }) : context.active();
}
