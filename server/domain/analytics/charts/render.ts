import type { EChartsCoreOption } from "echarts/core";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Loaded when the first picture is asked for; most processes never draw one. */
let loading: Promise<typeof import("echarts/core")> | undefined;
async function load(): Promise<typeof import("echarts/core")> {
  const [core, charts, components, { SVGRenderer }] = await Promise.all([
    import("echarts/core"),
    import("echarts/charts"),
    import("echarts/components"),
    import("echarts/renderers"),
  ]);
  core.use([charts.LineChart, charts.BarChart, charts.ScatterChart, SVGRenderer]);
  core.use([
    ...[components.GridComponent, components.TitleComponent, components.LegendComponent],
    ...[components.MarkLineComponent, components.GraphicComponent, components.AriaComponent],
  ]);
  return core;
}

/** A chart as the text of an SVG document. */
export async function renderChart(option: EChartsCoreOption, { width, height }: Size): Promise<string> {
  loading ??= load();
  const { init } = await loading;
  const chart = init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({ animation: false, ...option });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
