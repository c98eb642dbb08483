namespace CrunSharp.Oci;

/// <summary>The media types of images: OCI's and docker's for each idea.</summary>
/// <remarks>image-spec 1.1, media-types.md.</remarks>
public static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";
    public const string OciLayerGzip = OciLayer + "+gzip";
    public const string OciLayerZstd = OciLayer + "+zstd";
    public const string DockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
    public const string DockerLayerGzip = DockerLayer + ".gzip";
    public const string DockerLayerZstd = DockerLayer + ".zstd";
    public const string DockerSchema1 = "application/vnd.docker.distribution.manifest.v1+json";
    public const string DockerSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    private const string OciLayerRestricted = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    private const string DockerLayerForeign = "application/vnd.docker.image.rootfs.foreign.diff.tar";

    public static bool IsIndex(string type) => type is OciIndex or DockerIndex;

    public static bool IsManifest(string type) => type is OciManifest or DockerManifest;

    /// <summary>Whether a manifest with this config is an image, and not a chart, a signature or another artifact.</summary>
    /// <remarks>Images pushed by docker before 1.10 call theirs <c>application/octet-stream</c>.</remarks>
    public static bool IsImageConfig(string type) => type is OciConfig or DockerConfig or "application/octet-stream";

    /// <summary>How a layer is packed.</summary>
    /// <exception cref="CrunException">It is no layer of a known kind; encrypted ones end here.</exception>
    public static LayerPacking PackingOf(string type) => type switch
    {
        OciLayer or OciLayerRestricted or DockerLayer or DockerLayerForeign => LayerPacking.None,
        OciLayerGzip or OciLayerRestricted + "+gzip" or DockerLayerGzip or DockerLayerForeign + ".gzip" => LayerPacking.Gzip,
        OciLayerZstd or OciLayerRestricted + "+zstd" or DockerLayerZstd or DockerLayerForeign + ".zstd" => LayerPacking.Zstd,
        _ => throw new CrunException("cannot use the image's layer", $"its media type '{type}' is no tar archive, plain or packed with gzip or zstd"),
    };
}

/// <summary>How the tar archive of a layer is compressed.</summary>
public enum LayerPacking
{
    None,
    Gzip,
    Zstd,
}
