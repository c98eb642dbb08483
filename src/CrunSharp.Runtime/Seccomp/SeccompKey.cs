using System.Buffers.Binary;
using CrunSharp.Linux;

namespace CrunSharp.Runtime;

/// <summary>All that decides what comes out of a compilation: the section, the library, the machine. The kernel has no part in it.</summary>
internal readonly ref struct SeccompKey
{
    private readonly ReadOnlySpan<byte> _section;
    private readonly byte[] _context = new byte[16];

    public SeccompKey(ReadOnlySpan<byte> section)
    {
        _section = section;
        SeccompCompiler.WriteVersion(_context);
        BinaryPrimitives.WriteUInt32LittleEndian(_context.AsSpan(12), SeccompCompiler.NativeArchitecture);
    }

    public int Length => _context.Length + _section.Length;

    /// <summary>It need not be hard to invert: the key itself is compared.</summary>
    public ulong Hash => Fold(Fold(0xcbf29ce484222325, _context), _section);

    public void CopyTo(Span<byte> bytes)
    {
        _context.CopyTo(bytes);
        _section.CopyTo(bytes[_context.Length..]);
    }

    public bool Equals(ReadOnlySpan<byte> bytes) =>
        bytes.Length == Length && bytes[.._context.Length].SequenceEqual(_context) && bytes[_context.Length..].SequenceEqual(_section);

    // FNV-1a over words of eight bytes.
    private static ulong Fold(ulong hash, ReadOnlySpan<byte> bytes)
    {
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
