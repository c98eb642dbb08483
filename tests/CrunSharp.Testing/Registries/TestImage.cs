using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CrunSharp.Testing;

/// <summary>A small image in memory: config, layers, manifest, as a registry would hold them.</summary>
/// <remarks>Its layers may be any bytes: nobody unpacks them unless the test makes them archives.</remarks>
public sealed record TestImage
{
    public const string OciManifestType = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndexType = "application/vnd.oci.image.index.v1+json";
    public const string DockerManifestType = "application/vnd.docker.distribution.manifest.v2+json";

    public required byte[] Config { get; init; }

    public required IReadOnlyList<byte[]> Layers { get; init; }

    public required byte[] Manifest { get; init; }

    public string ManifestType { get; init; } = OciManifestType;

    public string ManifestDigest => DigestOf(Manifest);

    public string ConfigDigest => DigestOf(Config);

    public static string DigestOf(ReadOnlySpan<byte> bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    /// <param name="layers">Contents of the layers; by default one of 1000 bytes.</param>
    /// <param name="architecture">What the config says.</param>
    /// <param name="manifestType">OCI's or docker's.</param>
    public static TestImage Create(IReadOnlyList<byte[]>? layers = null, string architecture = "amd64", string manifestType = OciManifestType)
    {
        layers ??= [Noise(1000)];
        bool oci = manifestType == OciManifestType;
        string configType = oci ? "application/vnd.oci.image.config.v1+json" : "application/vnd.docker.container.image.v1+json";
        string layerType = oci ? "application/vnd.oci.image.layer.v1.tar+gzip" : "application/vnd.docker.image.rootfs.diff.tar.gzip";
        string diffIds = string.Join(',', layers.Select(layer => $"\"{DigestOf(layer)}\""));
        byte[] config = Encoding.UTF8.GetBytes(
            $$$"""{"architecture":"{{{architecture}}}","os":"linux","config":{"Cmd":["true"]},"rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]}}""");
        string list = string.Join(',', layers.Select(layer => Descriptor(layerType, layer)));
        byte[] manifest = Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"{{manifestType}}","config":{{Descriptor(configType, config)}},"layers":[{{list}}]}""");
        return new TestImage { Config = config, Layers = layers, Manifest = manifest, ManifestType = manifestType };
    }

    /// <summary>An index of images, each with its platform as <c>os/architecture[/variant]</c>.</summary>
    public static byte[] Index(params (string Platform, TestImage Image)[] images)
    {
        IEnumerable<string> entries = images.Select(entry =>
        {
            string[] parts = entry.Platform.Split('/');
            string variant = parts.Length > 2 ? $",\"variant\":\"{parts[2]}\"" : "";
            string descriptor = Descriptor(entry.Image.ManifestType, entry.Image.Manifest);
            return $"{descriptor[..^1]},\"platform\":{{\"os\":\"{parts[0]}\",\"architecture\":\"{parts[1]}\"{variant}}}}}";
        });
        return Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"mediaType":"{{OciIndexType}}","manifests":[{{string.Join(',', entries)}}]}""");
    }

    public static string Descriptor(string mediaType, byte[] content) =>
        string.Create(CultureInfo.InvariantCulture, $$"""{"mediaType":"{{mediaType}}","digest":"{{DigestOf(content)}}","size":{{content.Length}}}""");

    /// <summary>Bytes without a pattern, equal for equal arguments.</summary>
    public static byte[] Noise(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
#pragma warning disable CA5394 // Nothing is kept secret by it.
        new Random(seed).NextBytes(bytes);
#pragma warning restore CA5394
        return bytes;
    }
}
