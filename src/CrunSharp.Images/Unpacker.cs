namespace CrunSharp.Images;

/// <summary>Writes a tar archive into a directory; nothing it names is ever found outside.</summary>
public static partial class Unpacker
{
    /// <summary>Unpacks an archive that is plain or packed with gzip or zstd, to its end.</summary>
    public static UnpackReport Unpack(Stream archive, string directory, UnpackOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException(directory);
}

/// <summary>What unpacking came to.</summary>
public sealed record UnpackReport
{
    public required long Entries { get; init; }

    /// <summary>Bytes of file contents.</summary>
    public required long Size { get; init; }

    /// <summary>What was left out and why, one sentence each; beyond a hundred only a count.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}
