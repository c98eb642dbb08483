namespace CrunSharp.Oci;

/// <summary>Reads config.json and the pieces of it that callers hand over apart.</summary>
public static partial class SpecReader
{
    /// <exception cref="CrunException">No JSON, or a field of another kind; the reason gives its path.</exception>
    public static Spec Read(ReadOnlySpan<byte> json) => throw new NotSupportedException();

    /// <summary>Reads <c>linux.resources</c>, as <c>update --resources</c> takes it.</summary>
    /// <exception cref="CrunException">No JSON, or a field of another kind; the reason gives its path.</exception>
    public static LinuxResources ReadResources(ReadOnlySpan<byte> json) => throw new NotSupportedException();
}

/// <summary>Reads process.json, as <c>exec --process</c> takes it.</summary>
public static class ProcessReader
{
    /// <exception cref="CrunException">No JSON, or a field of another kind; the reason gives its path.</exception>
    public static Process Read(ReadOnlySpan<byte> json) => throw new NotSupportedException();
}

/// <summary>Writes config.json.</summary>
public static class SpecWriter
{
    public static byte[] Write(Spec spec) => throw new NotSupportedException();
}
