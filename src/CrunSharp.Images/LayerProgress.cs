using CrunSharp.Oci;

namespace CrunSharp.Images;

/// <summary>How far one layer is.</summary>
/// <param name="Layer">The digest of the blob, as the manifest names it.</param>
/// <param name="Phase">What is being done.</param>
/// <param name="Done">Bytes of the blob that arrived and were unpacked, those of an interrupted attempt included.</param>
/// <param name="Total">The blob's size.</param>
public readonly record struct LayerProgress(Digest Layer, LayerPhase Phase, long Done, long Total);

public enum LayerPhase
{
    /// <summary>Another process, or another layer of this pull, is at the same bytes.</summary>
    Waiting,

    /// <summary>Arriving and being unpacked, in one go.</summary>
    Unpacking,

    /// <summary>Proven, unpacked and in its place.</summary>
    Complete,

    /// <summary>It was in the store already; nothing was fetched.</summary>
    Present,
}
