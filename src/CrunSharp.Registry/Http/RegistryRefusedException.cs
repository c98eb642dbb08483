using System.Net;
using CrunSharp.Registry.Credentials;

namespace CrunSharp.Registry.Http;

/// <summary>A registry answered, and the answer is no. Inside this room only.</summary>
internal sealed class RegistryRefusedException(HttpStatusCode status, string? code, string? text)
    : Exception($"{(int)status} {code}: {text}")
{
    public HttpStatusCode Status { get; } = status;

    /// <summary>distribution-spec's word for it, as <c>MANIFEST_UNKNOWN</c>; null where the answer had none.</summary>
    public string? Code { get; } = code;

    /// <summary>What the registry says to people, fit for a terminal.</summary>
    public string? Text { get; } = text;

    public Credential? Credential { get; init; }

    /// <summary>What kept stored credentials from being used.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public bool IsAboutAccess => Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
}
