using System.Buffers.Text;
using CrunSharp.Linux;

namespace CrunSharp.Images.Tar;

/// <summary>The numbers of tar headers: octal digits, GNU's base 256, and the decimals of PAX.</summary>
internal static class TarNumber
{
    /// <exception cref="InvalidDataException">Neither octal nor base 256, or larger than 63 bits.</exception>
    public static long Parse(ReadOnlySpan<byte> field, string name)
    {
        if ((field[0] & 0x80) != 0)
        {
            return ParseBase256(field, name);
        }

        ReadOnlySpan<byte> digits = field.TrimStart(" \0"u8);
        int end = digits.IndexOfAny((byte)' ', (byte)0);
        ReadOnlySpan<byte> rest = end < 0 ? default : digits[end..];
        digits = end < 0 ? digits : digits[..end];
        long value = 0;
        foreach (byte digit in digits)
        {
            // 21 octal digits are 63 bits; no field but base 256 has more than 12.
            value = digit is >= (byte)'0' and <= (byte)'7' && value <= long.MaxValue >> 3
                ? (value << 3) | (uint)(digit - '0')
                : throw Malformed(name);
        }

        return rest.ContainsAnyExcept((byte)' ', (byte)0) ? throw Malformed(name) : value;
    }

    /// <summary>Digits and nothing else: a sign, a space or an overflow is refused.</summary>
    public static long ParseDecimal(ReadOnlySpan<byte> digits, string name) =>
        TryParseDecimal(digits, out long value) ? value : throw Malformed(name);

    public static bool TryParseDecimal(ReadOnlySpan<byte> digits, out long value)
    {
        value = 0;
        return !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(digits, out value, out int consumed)
            && consumed == digits.Length;
    }

    /// <summary>Seconds with a sign and a fraction, both optional.</summary>
    public static FileTime ParseTime(ReadOnlySpan<byte> text, string name)
    {
        bool negative = text.StartsWith("-"u8);
        ReadOnlySpan<byte> rest = negative ? text[1..] : text;
        int point = rest.IndexOf((byte)'.');
        long seconds = ParseDecimal(point < 0 ? rest : rest[..point], name);
        uint nanoseconds = 0;
        if (point >= 0)
        {
            ReadOnlySpan<byte> fraction = rest[(point + 1)..];
            if (fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            {
                throw Malformed(name);
            }

            for (int index = 0; index < 9; index++)
            {
                nanoseconds = (nanoseconds * 10) + (index < fraction.Length ? (uint)(fraction[index] - '0') : 0);
            }
        }

        // The kernel counts nanoseconds forward from a second, also before 1970.
        return negative && nanoseconds > 0
            ? new FileTime(-seconds - 1, 1_000_000_000 - nanoseconds)
            : new FileTime(negative ? -seconds : seconds, nanoseconds);
    }

    /// <summary>An id that chown means as one: the last of 32 bits would mean 'leave it'.</summary>
    public static uint ToId(long value, string name) =>
        value is >= 0 and < uint.MaxValue ? (uint)value : throw new InvalidDataException($"its {name} {value} is no id");

    private static long ParseBase256(ReadOnlySpan<byte> field, string name)
    {
        // The top bit is the mark, the one below it the sign.
        bool negative = (field[0] & 0x40) != 0;
        long value = negative ? -1 : 0;
        for (int index = 0; index < field.Length; index++)
        {
            byte part = index > 0 ? field[index] : negative ? (byte)(field[0] | 0x80) : (byte)(field[0] & 0x3F);
            if (value is > long.MaxValue >> 8 or < long.MinValue >> 8)
            {
                throw Malformed(name);
            }

            value = (value << 8) | part;
        }

        return value;
    }

    private static InvalidDataException Malformed(string name) => new($"its {name} is no number that tar knows");
}
