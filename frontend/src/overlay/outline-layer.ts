/**
 * Outlines as non-instanced indexed triangles with a width in screen pixels: with a software rasteriser they are
 * thirty times faster than deck.gl's instanced PathLayer, and one pass draws the line and its dark casing.
 */
import { Layer, project32, type DefaultProps, type LayerContext, type LayerProps, type UpdateParameters } from "@deck.gl/core";
import { Buffer } from "@luma.gl/core";
import { Model } from "@luma.gl/engine";
import type { JoinedMesh } from "./mesh";
import { CASING_ALPHA, CASING_PX, OUTLINE_PX } from "./style";

interface OutlineData {
  readonly length: number;
  readonly mesh: JoinedMesh;
}

interface OutlineLayerProps extends LayerProps {
  data: OutlineData;
}

const uniformBlock = `\
layout(std140) uniform outlineUniforms {
  float halfWidth;
  float casing;
  float casingAlpha;
} outline;
`;

const outlineUniforms = {
  name: "outline",
  vs: uniformBlock,
  fs: uniformBlock,
  uniformTypes: { halfWidth: "f32", casing: "f32", casingAlpha: "f32" },
} as const;

const vertexShader = `#version 300 es
#define SHADER_NAME outline-layer-vertex
in vec2 ribbonPoints;
in vec3 ribbonNormals;
in vec4 ribbonColours;
out vec4 vColour;
out float vAcross;
void main(void) {
  gl_Position = project_position_to_clipspace(vec3(ribbonPoints, 0.0), vec3(0.0), vec3(0.0));
  vec2 offset = project_pixel_size_to_clipspace(ribbonNormals.xy * outline.halfWidth);
  gl_Position.xy += vec2(offset.x, -offset.y) * gl_Position.w;
  vColour = ribbonColours;
  vAcross = ribbonNormals.z * outline.halfWidth;
}
`;

const fragmentShader = `#version 300 es
#define SHADER_NAME outline-layer-fragment
precision highp float;
in vec4 vColour;
in float vAcross;
out vec4 fragColor;
void main(void) {
  float fromEdge = outline.halfWidth - abs(vAcross);
  float line = clamp(fromEdge - outline.casing + 0.5, 0.0, 1.0);
  float rim = clamp(fromEdge + 0.5, 0.0, 1.0) * outline.casingAlpha;
  float alpha = mix(rim, 1.0, line);
  fragColor = vec4(vColour.rgb * line / max(alpha, 0.001), alpha);
}
`;

const defaultProps: DefaultProps<OutlineLayerProps> = { data: { type: "object", value: { length: 0 } as OutlineData } };

export class OutlineLayer extends Layer<OutlineLayerProps> {
  static layerName = "OutlineLayer";
  static defaultProps = defaultProps as never;

  getShaders() {
    return super.getShaders({ vs: vertexShader, fs: fragmentShader, modules: [project32, outlineUniforms] });
  }

  initializeState(): void {
    this.setState({ model: this.#makeModel(), buffers: [] });
  }

  updateState(parameters: UpdateParameters<this>): void {
    super.updateState(parameters);
    if (parameters.changeFlags.dataChanged) this.#upload((this.props.data as OutlineData).mesh);
  }

  finalizeState(context: LayerContext): void {
    this.#release();
    super.finalizeState(context);
  }

  draw(): void {
    if ((this.props.data as OutlineData).length === 0) return;
    const halfWidth = OUTLINE_PX / 2 + CASING_PX;
    this.#model.shaderInputs.setProps({ outline: { halfWidth, casing: CASING_PX, casingAlpha: CASING_ALPHA } });
    this.#model.draw(this.context.renderPass);
  }

  get #model(): Model {
    return this.state.model as Model;
  }

  /** The mesh has one row for deck.gl, whatever it holds, so its buffers are made here and not by the attribute manager. */
  #upload(mesh: JoinedMesh): void {
    const { device } = this.context;
    const vertices = (data: Float32Array | Uint8ClampedArray) => device.createBuffer({ usage: Buffer.VERTEX, data });
    const ribbonPoints = vertices(mesh.ribbonPoints);
    const ribbonNormals = vertices(mesh.ribbonNormals);
    const ribbonColours = vertices(mesh.ribbonColours);
    const indices = device.createBuffer({ usage: Buffer.INDEX, indexType: "uint32", data: mesh.ribbonIndices });
    this.#model.setAttributes({ ribbonPoints, ribbonNormals, ribbonColours });
    this.#model.setIndexBuffer(indices);
    this.#model.setVertexCount(mesh.ribbonIndices.length);
    this.#release();
    this.setState({ buffers: [ribbonPoints, ribbonNormals, ribbonColours, indices] });
  }

  #release(): void {
    for (const buffer of this.state.buffers as Buffer[]) buffer.destroy();
  }

  #makeModel(): Model {
    return new Model(this.context.device, {
      ...this.getShaders(),
      id: this.props.id,
      bufferLayout: [
        { name: "ribbonPoints", format: "float32x2" },
        { name: "ribbonNormals", format: "float32x3" },
        { name: "ribbonColours", format: "unorm8x4" },
      ],
      topology: "triangle-list",
      isInstanced: false,
    });
  }
}
