using CrunSharp.Oci;

namespace CrunSharp.Images;

public sealed record ImageStoreOptions
{
    /// <summary>The ids of images that containers, running or not, were made from. Asked under the locks of a removal.</summary>
    public Func<IReadOnlyCollection<Digest>> ImagesInUse { get; init; } = static () => [];

    /// <summary>Whether the packed layers stay after unpacking; push and save keep their digests by them.</summary>
    public bool KeepBlobs { get; init; } = true;

    /// <summary>Layers of one image that are fetched and unpacked at once.</summary>
    public int ParallelLayers { get; init; } = 3;

    public UnpackLimits Limits { get; init; } = new();

    /// <summary>How owners and overlay's marks are written; found out from this process's user namespace where null.</summary>
    public UnpackIdentity? Identity { get; init; }

    /// <summary>Whether things are on the disk before they count as there; only tests do without.</summary>
    public bool Durable { get; init; } = true;
}

/// <summary>What a removal did.</summary>
public sealed record ImageRemoval
{
    public required IReadOnlyList<Reference> Untagged { get; init; }

    /// <summary>The image, where it had no name left.</summary>
    public Digest? Deleted { get; init; }

    /// <summary>The keys of layers that no other image has: diff ids, or chain ids of those that were mended.</summary>
    public IReadOnlyList<string> DeletedLayers { get; init; } = [];

    /// <summary>Bytes of files given back.</summary>
    public long Freed { get; init; }
}
