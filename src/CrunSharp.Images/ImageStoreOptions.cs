using CrunSharp.Oci;

namespace CrunSharp.Images;

public sealed record ImageStoreOptions
{
    /// <summary>The ids of images that containers, running or not, were made from. Asked under the locks of a removal.</summary>
    public Func<IReadOnlyCollection<Digest>> ImagesInUse { get; init; } = static () => [];

    /// <summary>Whether the compressed layers stay after unpacking; push and save keep their digests by them.</summary>
    public bool KeepBlobs { get; init; } = true;

    public UnpackLimits Limits { get; init; } = new();

    /// <summary>How owners and overlay's marks are written; found out from this process's user namespace where null.</summary>
    public UnpackIdentity? Identity { get; init; }
}

/// <summary>What a removal did.</summary>
public sealed record ImageRemoval
{
    public required IReadOnlyList<Reference> Untagged { get; init; }

    /// <summary>The image, where it had no name left.</summary>
    public Digest? Deleted { get; init; }

    /// <summary>The diff ids of layers that no other image has.</summary>
    public IReadOnlyList<Digest> DeletedLayers { get; init; } = [];

    /// <summary>Bytes given back.</summary>
    public long Freed { get; init; }
}
