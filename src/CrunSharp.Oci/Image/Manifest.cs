namespace CrunSharp.Oci;

/// <summary>An image of one platform: its config and its layers, the lowest first.</summary>
/// <remarks>image-spec 1.1, manifest.md; docker's schema 2 has the same members.</remarks>
public sealed record Manifest : ManifestDocument
{
    public required Descriptor Config { get; init; }

    public required IReadOnlyList<Descriptor> Layers { get; init; }

    /// <summary>What it is when it is no image.</summary>
    public string? ArtifactType { get; init; }

    /// <exception cref="CrunException">The bytes are no manifest, or could be read as two things.</exception>
    public static new Manifest Parse(ReadOnlyMemory<byte> bytes, string? mediaType = null) =>
        ManifestDocument.Parse(bytes, mediaType) as Manifest
        ?? throw new CrunException("cannot read the image's manifest", "it is an index of several images where a manifest was expected");
}

/// <summary>A choice of manifests, one for each platform.</summary>
/// <remarks>image-spec 1.1, image-index.md; docker's manifest list has the same members.</remarks>
public sealed record ImageIndex : ManifestDocument
{
    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    /// <exception cref="CrunException">The bytes are no index, or could be read as two things.</exception>
    public static new ImageIndex Parse(ReadOnlyMemory<byte> bytes, string? mediaType = null) =>
        ManifestDocument.Parse(bytes, mediaType) as ImageIndex
        ?? throw new CrunException("cannot read the image's index", "it is the manifest of one image where an index was expected");

    /// <summary>The entry that a machine of <paramref name="wanted"/> runs best, or null.</summary>
    /// <remarks>An entry without a platform serves only where no other does. The first of equals wins, as with docker.</remarks>
    public Descriptor? Choose(Platform wanted)
    {
        Descriptor? best = null;
        int bestDistance = int.MaxValue;
        foreach (Descriptor manifest in Manifests)
        {
            bool usable = MediaTypes.IsManifest(manifest.MediaType) || MediaTypes.IsIndex(manifest.MediaType);
            int? distance = manifest.Platform is { } offered ? wanted.Distance(offered) : int.MaxValue - 1;
            if (usable && distance < bestDistance)
            {
                (best, bestDistance) = (manifest, distance.Value);
            }
        }

        return best;
    }

    /// <summary>What there is to choose from; attestations, which say <c>unknown/unknown</c>, are none of it.</summary>
    public IReadOnlyList<Platform> Platforms =>
        [.. Manifests.Select(manifest => manifest.Platform).OfType<Platform>().Where(platform => platform.Os != "unknown").Distinct()];
}
