using System.Buffers.Binary;
using System.Text;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>Reads what <see cref="DBusWriter"/> writes; a message that is cut short is refused.</summary>
internal ref struct DBusReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position >= _bytes.Length;

    public void Align(int size) => Position = (Position + size - 1) / size * size;

    public byte Byte() => Take(1)[0];

    public uint UInt32()
    {
        Align(sizeof(uint));
        return BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
    }

    public string String()
    {
        string text = Encoding.UTF8.GetString(Take(UInt32()));
        _ = Byte();
        return text;
    }

    public string Signature()
    {
        string text = Encoding.ASCII.GetString(Take(Byte()));
        _ = Byte();
        return text;
    }

    private ReadOnlySpan<byte> Take(uint length)
    {
        if (Position > _bytes.Length || length > _bytes.Length - Position)
        {
            throw new CrunException("cannot read the answer of systemd", "a message of the bus is cut short");
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }
}
