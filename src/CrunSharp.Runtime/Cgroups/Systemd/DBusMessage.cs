namespace CrunSharp.Runtime;

internal enum DBusMessageType : byte
{
    MethodCall = 1,
    MethodReturn,
    Error,
    Signal,
}

/// <summary>One message of a bus.</summary>
/// <remarks>D-Bus specification 0.43, "Message Format".</remarks>
internal sealed record DBusMessage
{
    public const int FixedLength = 16;
    private const byte LittleEndian = (byte)'l';
    private const byte Version = 1;

    private enum Field : byte
    {
        Path = 1,
        Interface,
        Member,
        ErrorName,
        ReplySerial,
        Destination,
        Sender,
        Signature,
    }

    public required DBusMessageType Type { get; init; }

    public string Path { get; init; } = "";

    public string Interface { get; init; } = "";

    public string Member { get; init; } = "";

    public string ErrorName { get; init; } = "";

    public string Destination { get; init; } = "";

    public string Sender { get; init; } = "";

    /// <summary>The types of what the body holds.</summary>
    public string Signature { get; init; } = "";

    /// <summary>Of the call that this answers.</summary>
    public uint ReplySerial { get; init; }

    public byte[] Body { get; init; } = [];

    public byte[] Encode(uint serial)
    {
        DBusWriter writer = new();
        writer.Byte(LittleEndian);
        writer.Byte((byte)Type);
        writer.Byte(0);
        writer.Byte(Version);
        writer.UInt32((uint)Body.Length);
        writer.UInt32(serial);
        writer.Array(8, fields =>
        {
            Text(fields, Field.Path, "o", Path);
            Text(fields, Field.Interface, "s", Interface);
            Text(fields, Field.Member, "s", Member);
            Text(fields, Field.Destination, "s", Destination);
            if (Signature.Length > 0)
            {
                Begin(fields, Field.Signature, "g");
                fields.Signature(Signature);
            }
        });
        writer.Align(8);
        writer.Bytes(Body);
        return writer.ToArray();
    }

    /// <summary>How long the whole message is, by its first <see cref="FixedLength"/> bytes; null when it is none of ours.</summary>
    public static long? LengthOf(ReadOnlySpan<byte> start)
    {
        if (start[0] != LittleEndian || start[3] != Version)
        {
            return null;
        }

        DBusReader reader = new(start[4..]);
        long body = reader.UInt32();
        _ = reader.UInt32();
        long fields = reader.UInt32();
        return FixedLength + ((fields + 7) / 8 * 8) + body;
    }

    public static DBusMessage Decode(ReadOnlySpan<byte> bytes)
    {
        DBusReader reader = new(bytes);
        _ = reader.Byte();
        DBusMessageType type = (DBusMessageType)reader.Byte();
        _ = reader.UInt32();
        int body = (int)new DBusReader(bytes[4..]).UInt32();
        DBusMessage message = new() { Type = type, Body = bytes[^body..].ToArray() };
        DBusReader fields = new(bytes[..^body]);
        for (int i = 0; i < 3; i++)
        {
            _ = fields.UInt32();
        }

        int end = FixedLength + (int)fields.UInt32();
        while (fields.Position < end)
        {
            fields.Align(8);
            if (fields.Position >= end)
            {
                break;
            }

            Field field = (Field)fields.Byte();
            string signature = fields.Signature();
            message = (field, signature) switch
            {
                (Field.Path, "o") => message with { Path = fields.String() },
                (Field.Interface, "s") => message with { Interface = fields.String() },
                (Field.Member, "s") => message with { Member = fields.String() },
                (Field.ErrorName, "s") => message with { ErrorName = fields.String() },
                (Field.Destination, "s") => message with { Destination = fields.String() },
                (Field.Sender, "s") => message with { Sender = fields.String() },
                (Field.Signature, "g") => message with { Signature = fields.Signature() },
                (Field.ReplySerial, "u") => message with { ReplySerial = fields.UInt32() },
                (_, "u") => Skip(message, fields.UInt32()),
                (_, "s" or "o") => Skip(message, fields.String()),
                _ => throw new Oci.CrunException("cannot read the answer of systemd", $"a message has a field of type '{signature}'"),
            };
        }

        return message;

        static DBusMessage Skip<T>(DBusMessage message, T _) => message;
    }

    private static void Text(DBusWriter writer, Field field, string signature, string value)
    {
        if (value.Length > 0)
        {
            Begin(writer, field, signature);
            writer.String(value);
        }
    }

    private static void Begin(DBusWriter writer, Field field, string signature)
    {
        writer.Align(8);
        writer.Byte((byte)field);
        writer.Signature(signature);
    }
}
