using CrunSharp.Images.Store;
using CrunSharp.Images.Tar;
using CrunSharp.Images.Unpack;
using CrunSharp.Linux;
using CrunSharp.Oci;
using Tmds.Linux;

namespace CrunSharp.Images;

/// <summary>Writes a tar archive into a directory; nothing it names is ever found outside.</summary>
public static partial class Unpacker
{
    /// <summary>Unpacks an archive that is plain or packed with gzip or zstd, to its end.</summary>
    /// <param name="what">What the archive is, for messages: <c>the layer sha256:...</c>.</param>
    /// <exception cref="CrunException">The archive is malformed, hostile or beyond a limit, or the files cannot be written.</exception>
    public static UnpackReport Unpack(
        Stream archive, string directory, UnpackOptions options, string what = "the archive", CancellationToken cancellationToken = default)
    {
        using Stream plain = Decompression.Open(archive);
        return Unpack(new StreamPieces(plain), directory, options, what, cancellationToken);
    }

    internal static UnpackReport Unpack(
        IPieceSource pieces, string directory, UnpackOptions options, string what, CancellationToken cancellationToken)
    {
        ArchiveInput input = new(pieces, options.Limits.UnpackedSize, cancellationToken);
        TarReader reader = new(input, options.Limits);
        UnpackNotes notes = new();
        using TreeWriter writer = new(directory, options, notes);
        bool isAtEntry = false;
        try
        {
            while (reader.Read())
            {
                isAtEntry = true;
                writer.Write(reader);
                isAtEntry = false;
            }

            input.Drain();
            writer.Finish();
        }
        catch (InvalidDataException malformed)
        {
            throw new CrunException($"cannot unpack {what}", isAtEntry ? $"'{FileSystem.Show(reader.Entry.Path)}': {malformed.Message}" : malformed.Message, malformed);
        }
        catch (LinuxException refused)
        {
            string entry = isAtEntry ? $"'{FileSystem.Show(reader.Entry.Path)}': " : "";
            throw new CrunException($"cannot unpack {what}", entry + refused.Message, refused) { Hints = HintsFor(refused, reader.Entry) };
        }

        return new UnpackReport
        {
            Entries = reader.Count,
            Size = writer.Written,
            Notes = notes.ToList(),
            Root = writer.Root,
            Needs = writer.Needs,
            HidesAllBelow = writer.HidesAllBelow,
        };
    }

    private static string[] HintsFor(LinuxException refused, TarEntry entry)
    {
        if (refused.Errno == LibC.EINVAL && refused.Call.StartsWith("fchown", StringComparison.Ordinal))
        {
            return
            [
                $"it belongs to {entry.Owner}:{entry.Group}, which this user namespace has no id for",
                "give the user more subordinate ids: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER",
            ];
        }

        return StoreFailure.HintsFor(refused);
    }
}

/// <summary>What unpacking came to.</summary>
public sealed record UnpackReport
{
    public required long Entries { get; init; }

    /// <summary>Bytes of file contents, holes not counted.</summary>
    public required long Size { get; init; }

    /// <summary>What was left out and why, one sentence each; beyond a hundred only a count.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>What the archive says of its root directory, if it does.</summary>
    public RootAttributes? Root { get; init; }

    internal LayerNeeds Needs { get; init; } = LayerNeeds.None;

    internal bool HidesAllBelow { get; init; }
}
