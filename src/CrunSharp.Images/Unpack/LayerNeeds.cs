namespace CrunSharp.Images.Unpack;

/// <summary>What a layer unpacked by itself leaves open, until it is known what lies below.</summary>
internal sealed record LayerNeeds
{
    public static LayerNeeds None { get; } = new();

    /// <summary>Directories that its paths go through and that it does not list: owner, mode and times are those of the layer below.</summary>
    public IReadOnlyList<byte[]> ImpliedDirectories { get; init; } = [];

    /// <summary>Hard links whose other end it does not contain.</summary>
    public IReadOnlyList<LinkBelow> Links { get; init; } = [];

    public bool IsEmpty => ImpliedDirectories.Count == 0 && Links.Count == 0;
}

/// <param name="Path">The name to make.</param>
/// <param name="Target">A path in one of the layers below.</param>
internal sealed record LinkBelow(byte[] Path, byte[] Target);
