namespace CrunSharp.Registry.Credentials;

/// <summary>A name and password, or an identity token, for one registry.</summary>
internal sealed record Credential(string User, string Secret, bool IsIdentityToken, string Origin)
{
    /// <summary>Never the secret: this text reaches logs and errors.</summary>
    public override string ToString() => $"{(IsIdentityToken ? "an identity token" : $"'{User}'")} from {Origin}";
}
