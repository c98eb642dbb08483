namespace CrunSharp.Oci;

/// <summary>What points at a blob: its kind, its digest and its size.</summary>
/// <remarks>image-spec 1.1, descriptor.md. <c>data</c> and <c>artifactType</c> are not kept: nothing reads them.</remarks>
public sealed record Descriptor
{
    public required string MediaType { get; init; }

    public required Digest Digest { get; init; }

    public required long Size { get; init; }

    /// <summary>Only in an index, and not always there.</summary>
    public Platform? Platform { get; init; }

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Other places that have the bytes; they are somebody else's, so no credential goes there.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    internal static Descriptor Read(ref JsonWalker json)
    {
        string? mediaType = null;
        Digest? digest = null;
        long? size = null;
        Platform? platform = null;
        IReadOnlyDictionary<string, string>? annotations = null;
        IReadOnlyList<string>? urls = null;

        HashSet<string> seen = json.EnterObject();
        while (json.NextMember(seen, out string name))
        {
            switch (name)
            {
                case "mediaType": mediaType = json.Text(); break;
                case "digest": digest = json.Digest(); break;
                case "size": size = json.Size(); break;
                case "platform": platform = ReadPlatform(ref json); break;
                case "annotations": annotations = json.Map(); break;
                case "urls": urls = json.TextList(); break;
                default: json.Skip(); break;
            }
        }

        return new Descriptor
        {
            // Nothing but the signatures of old registries leaves the type out; empty matches no known type.
            MediaType = mediaType ?? "",
            Digest = digest ?? throw json.Refuse("it has no digest"),
            Size = size ?? throw json.Refuse("it has no size"),
            Platform = platform,
            Annotations = annotations ?? new Dictionary<string, string>(),
            Urls = urls ?? [],
        };
    }

    private static Platform? ReadPlatform(ref JsonWalker json)
    {
        if (json.IsNull())
        {
            return null;
        }

        string? os = null;
        string? architecture = null;
        string? variant = null;
        HashSet<string> seen = json.EnterObject();
        while (json.NextMember(seen, out string name))
        {
            switch (name)
            {
                case "os": os = json.Text(); break;
                case "architecture": architecture = json.Text(); break;
                case "variant": variant = json.Text(); break;
                default: json.Skip(); break;
            }
        }

        return new Platform(os ?? "", architecture ?? "", variant);
    }
}
