namespace CrunSharp.Oci;

/// <summary>Reads process.json, as <c>exec --process</c> takes it.</summary>
public static class ProcessReader
{
    /// <exception cref="CrunException">No JSON, or a field of another kind; the reason gives its path.</exception>
    public static Process Read(ReadOnlySpan<byte> json) =>
        JsonCursor.Read(
            "process.json",
            json,
            static (ref JsonCursor cursor) => SpecReader.ReadProcess(ref cursor) ?? throw cursor.Wrong("is not an object"));
}
