using System.Buffers.Binary;
using System.Globalization;
using CrunSharp.Linux;

namespace CrunSharp.Runtime;

/// <summary>Compiled filters on disk: compiling costs more than the rest of a launch.</summary>
/// <remarks>
/// A file holds what it was compiled from, and is used only when that is the same byte for byte: its name is just a place to look.
/// </remarks>
internal sealed class SeccompCache(string directory)
{
    // Filters of an older way of compiling are not found again.
    private const uint Format = 2;
    private const int HeaderSize = 16;

    /// <summary>The program for this section, compiled if nobody did before.</summary>
    public SeccompProgram Get(ReadOnlySpan<byte> section)
    {
        SeccompKey key = new(section);
        string path = Path.Join(directory, key.Hash.ToString("x16", CultureInfo.InvariantCulture) + ".bpf");
        try
        {
            if (Descriptors.TryReadAll(path) is { } bytes && Decode(bytes, key) is { } found)
            {
                return found;
            }
        }
        catch (LinuxException)
        {
            // Unreadable is as good as absent: it is written anew.
        }

        SeccompProgram program = SeccompFilter.Compile(SeccompProfile.Parse(section));
        try
        {
            HostPaths.EnsureDirectory(directory, 0x1c0 /* 0700 */);
            HostPaths.Replace(path, Encode(key, program));
        }
        catch (LinuxException)
        {
            // Only the next launch pays for it.
        }

        return program;
    }

    private static byte[] Encode(SeccompKey key, SeccompProgram program)
    {
        byte[] bytes = new byte[HeaderSize + key.Length + program.Filter.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Format);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), (uint)key.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)program.Filter.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), program.Flags);
        key.CopyTo(bytes.AsSpan(HeaderSize, key.Length));
        program.Filter.Span.CopyTo(bytes.AsSpan(HeaderSize + key.Length));
        return bytes;
    }

    private static SeccompProgram? Decode(ReadOnlyMemory<byte> bytes, SeccompKey key)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(span) != Format)
        {
            return null;
        }

        long keyLength = BinaryPrimitives.ReadUInt32LittleEndian(span[4..]);
        long filterLength = BinaryPrimitives.ReadUInt32LittleEndian(span[8..]);
        bool whole = HeaderSize + keyLength + filterLength == span.Length && filterLength > 0 && filterLength % 8 == 0;
        return whole && key.Equals(span.Slice(HeaderSize, (int)keyLength))
            ? new SeccompProgram(bytes[(HeaderSize + (int)keyLength)..], BinaryPrimitives.ReadUInt32LittleEndian(span[12..]))
            : null;
    }
}
