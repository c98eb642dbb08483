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
    private const int KeyContext = 16;

    /// <summary>The program for this section, compiled if nobody did before.</summary>
    public SeccompProgram Get(ReadOnlySpan<byte> section)
    {
        byte[] key = Key(section);
        string path = Path.Join(directory, Hash(key).ToString("x16", CultureInfo.InvariantCulture) + ".bpf");
        try
        {
            if (TryRead(path, key) is { } found)
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

    internal static byte[] Encode(ReadOnlySpan<byte> key, SeccompProgram program)
    {
        byte[] bytes = new byte[HeaderSize + key.Length + program.Filter.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Format);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), (uint)key.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), (uint)program.Filter.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), program.Flags);
        key.CopyTo(bytes.AsSpan(HeaderSize));
        program.Filter.Span.CopyTo(bytes.AsSpan(HeaderSize + key.Length));
        return bytes;
    }

    internal static SeccompProgram? Decode(ReadOnlyMemory<byte> bytes, ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> span = bytes.Span;
        if (span.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(span) != Format)
        {
            return null;
        }

        long keyLength = BinaryPrimitives.ReadUInt32LittleEndian(span[4..]);
        long filterLength = BinaryPrimitives.ReadUInt32LittleEndian(span[8..]);
        bool whole = HeaderSize + keyLength + filterLength == span.Length && filterLength > 0 && filterLength % 8 == 0;
        return whole && span.Slice(HeaderSize, (int)keyLength).SequenceEqual(key)
            ? new SeccompProgram(bytes[(HeaderSize + (int)keyLength)..], BinaryPrimitives.ReadUInt32LittleEndian(span[12..]))
            : null;
    }

    private static SeccompProgram? TryRead(string path, ReadOnlySpan<byte> key) =>
        Descriptors.TryReadAll(path) is { } bytes ? Decode(bytes, key) : null;

    // All that decides what comes out: the section, the library, the machine. The kernel has no part in compiling.
    private static byte[] Key(ReadOnlySpan<byte> section)
    {
        byte[] key = new byte[KeyContext + section.Length];
        SeccompCompiler.WriteVersion(key);
        BinaryPrimitives.WriteUInt32LittleEndian(key.AsSpan(12), SeccompCompiler.NativeArchitecture);
        section.CopyTo(key.AsSpan(KeyContext));
        return key;
    }

    // FNV-1a over words of eight bytes: it need not be hard to invert, the key is compared.
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0xcbf29ce484222325;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes)) * 0x100000001b3;
        }

        foreach (byte last in bytes)
        {
            hash = (hash ^ last) * 0x100000001b3;
        }

        return hash;
    }
}
