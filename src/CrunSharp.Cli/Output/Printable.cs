namespace CrunSharp.Cli.Output;

/// <summary>Text of images and containers, made harmless to a terminal: it comes from strangers.</summary>
internal static class Printable
{
    public static string Text(string text) =>
        text.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && text.AsSpan().IndexOfAnyInRange('\x7f', '\x9f') < 0
            ? text
            : string.Concat(text.Select(static letter => char.IsControl(letter) ? '?' : letter));
}
