using System.Buffers.Binary;
using System.Text;

namespace CrunSharp.Runtime;

/// <summary>Values as D-Bus puts them into a message: little endian, each aligned to its own size from the message's start.</summary>
/// <remarks>D-Bus specification 0.43, "Marshaling (Wire Format)".</remarks>
internal sealed class DBusWriter
{
    private readonly List<byte> _bytes = [];

    public int Length => _bytes.Count;

    public byte[] ToArray() => [.. _bytes];

    public void Align(int size)
    {
        while (_bytes.Count % size != 0)
        {
            _bytes.Add(0);
        }
    }

    public void Byte(byte value) => _bytes.Add(value);

    public void Bytes(ReadOnlySpan<byte> values) => _bytes.AddRange(values);

    public void Boolean(bool value) => UInt32(value ? 1u : 0);

    public void UInt32(uint value)
    {
        Align(sizeof(uint));
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    public void UInt64(ulong value)
    {
        Align(sizeof(ulong));
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
    }

    /// <summary>A string, or the path of an object.</summary>
    public void String(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        UInt32((uint)bytes.Length);
        _bytes.AddRange(bytes);
        _bytes.Add(0);
    }

    public void Signature(string value)
    {
        _bytes.Add((byte)value.Length);
        _bytes.AddRange(Encoding.ASCII.GetBytes(value));
        _bytes.Add(0);
    }

    /// <summary>An array whose elements are aligned to <paramref name="alignment"/>.</summary>
    public void Array(int alignment, Action<DBusWriter> elements)
    {
        UInt32(0);
        int length = _bytes.Count - sizeof(uint);

        // The padding before the first element does not count.
        Align(alignment);
        int start = _bytes.Count;
        elements(this);
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)(_bytes.Count - start));
        for (int i = 0; i < bytes.Length; i++)
        {
            _bytes[length + i] = bytes[i];
        }
    }
}
